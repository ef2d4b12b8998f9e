//! `run`: the daemon.

use std::collections::BTreeMap;
use std::panic;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::Exit;
use crate::aws::{self, CaBundle};
use crate::clock::Clock;
use crate::config::{self, Flags, Settings};
use crate::policy::{Child, Recipe, SetProblem};
use crate::telemetry;
use crate::worker::journal::{Directory, JournalProblem};
use crate::worker::{self, Hands, Pace, PolicyKeeper, endpoint};

/// How long the health endpoint may take to close. Together with the drain it
/// stays within the ten seconds that a service manager gives.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// Polls for jobs of the action type `RustBlueGreenDeploy` and releases them.
///
/// Region, credentials, endpoints and proxies come from the AWS SDK's usual
/// chain: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL and so on. The first
/// SIGTERM or SIGINT hands back what is in hand and exits within ten seconds,
/// the second exits at once.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(args: &Args) -> Exit {
    let environment = environment();
    let settings = match config::load(&args.flags, &environment) {
        Ok(settings) => settings,
        Err(problems) => {
            for problem in problems {
                super::complain(&problem.to_string());
            }
            return Exit::Usage;
        }
    };
    telemetry::start(&settings.log, settings.log_format);
    keep_panics_to_ourselves();
    match work(&settings, &environment).await {
        Ok(()) => Exit::Done,
        Err(problem) => {
            super::complain(&problem.to_string());
            problem.exit()
        }
    }
}

/// What a panic says may hold anything, a secret too: its place must do.
fn keep_panics_to_ourselves() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        error!(place, "the program has panicked");
    }));
}

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("no AWS Region is set; set AWS_REGION")]
    NoRegion,
    #[error("cannot listen on {address}: {source}")]
    Listen {
        address: std::net::SocketAddr,
        source: std::io::Error,
    },
    #[error("AWS_CA_BUNDLE={path} cannot be used: {detail}")]
    CaBundle { path: String, detail: String },
    #[error(transparent)]
    Journal(#[from] JournalProblem),
    #[error(transparent)]
    Policy(#[from] SetProblem),
    #[error("cannot handle signals: {0}")]
    Signals(std::io::Error),
    #[error("cannot keep metrics: {0}")]
    Metrics(#[from] BuildError),
}

impl Problem {
    fn exit(&self) -> Exit {
        match self {
            Self::NoRegion
            | Self::Listen { .. }
            | Self::CaBundle { .. }
            | Self::Journal(_)
            | Self::Policy(_) => Exit::Usage,
            Self::Signals(_) | Self::Metrics(_) => Exit::Unexpected,
        }
    }
}

async fn work(settings: &Settings, environment: &Environment) -> Result<(), Problem> {
    let drain = CancellationToken::new();
    drain_on_signal(drain.clone())?;
    let config = aws::connect(ca_bundle(environment)?.as_ref()).await;
    if config.region().is_none() {
        return Err(Problem::NoRegion);
    }
    let clock = Clock::system();
    let path_style = environment.contains_key("AWS_ENDPOINT_URL_S3");
    let ports = aws::ports(&config, &settings.action_version, path_style, &clock);
    let policies = policies(settings, &config, path_style).await?;
    let journal = settings
        .journal
        .as_deref()
        .map(Directory::open)
        .transpose()?;
    if journal.is_none() {
        warn!("no journal is set: a job that is in hand when this process dies is lost");
    }
    let mut hands = Hands::new(ports, clock, Pace::from(settings), journal, drain.clone());
    if let Some(policies) = policies {
        hands = hands.with_policy(policies.gate());
        let (clock, drain) = (Clock::system(), drain.clone());
        tokio::spawn(async move { policies.keep_fresh(&clock, &drain).await });
    }

    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|source| Problem::Listen {
            address: settings.listen,
            source,
        })?;
    if let Ok(address) = listener.local_addr() {
        info!(%address, "health, readiness and metrics are served");
    }
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let end = CancellationToken::new();
    let serving = tokio::spawn({
        let (hands, end) = (hands.clone(), end.clone());
        async move { endpoint::serve(listener, &hands, metrics, end.cancelled_owned()).await }
    });
    info!(version = env!("CARGO_PKG_VERSION"), "polling for jobs");
    worker::run(&hands).await;
    end.cancel();
    // Whoever has not finished asking by now keeps nobody from leaving.
    if let Ok(Ok(Err(problem))) = tokio::time::timeout(LAST_ANSWERS, serving).await {
        error!(%problem, "the health endpoint failed");
    }
    info!("done");
    Ok(())
}

/// The policies that every release must pass, where there are any.
async fn policies(
    settings: &Settings,
    config: &SdkConfig,
    path_style: bool,
) -> Result<Option<PolicyKeeper>, SetProblem> {
    let recipe = Recipe {
        sources: settings.policy.clone(),
        namespace: settings.policy_namespace.clone(),
        levels: settings.controls.clone(),
        terms: settings.policy_terms.clone(),
    };
    let objects = Arc::new(aws::S3PolicyObjects::new(config, path_style));
    PolicyKeeper::open(recipe, objects, Child::default()).await
}

/// Certificates to trust besides the system's.
fn ca_bundle(environment: &Environment) -> Result<Option<CaBundle>, Problem> {
    let Some(path) = environment
        .get("AWS_CA_BUNDLE")
        .filter(|path| !path.is_empty())
    else {
        return Ok(None);
    };
    let unusable = |detail: String| Problem::CaBundle {
        path: path.clone(),
        detail,
    };
    let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let bundle = CaBundle::parse(pem).map_err(|error| unusable(error.to_string()))?;
    Ok(Some(bundle))
}

/// The first signal drains, the second ends the process where it stands.
fn drain_on_signal(drain: CancellationToken) -> Result<(), Problem> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Problem::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Problem::Signals)?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if drain.is_cancelled() {
                warn!("told twice: leaving at once");
                std::process::exit(0);
            }
            info!("told to stop");
            drain.cancel();
        }
    });
    Ok(())
}

type Environment = BTreeMap<String, String>;

/// Variables that are no text are nobody's settings.
fn environment() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
