//! `run`: the daemon.

mod ecs;
mod fleet_jobs;
mod hosts;
mod live;
mod load;
mod metrics_exporter;
mod observability;
pub(super) mod policy_sources;
mod reload;
mod supervisor;

use std::collections::BTreeMap;
use std::panic;
use std::sync::Arc;

use aws_config::SdkConfig;
use clock::Clock;
use metrics_exporter_prometheus::{BuildError, PrometheusHandle};
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{error, info, warn};

use self::observability::Observability;
use self::policy_sources::PolicySources;
use self::reload::Reload;
use super::connection::{NoConnection, ca_bundle, connect_daemon};
use super::{Exit, environment, settings};
use crate::aws::{self, EventBridgeBus, History, S3Objects};
use crate::config::{Flags, JournalPlace, Loaded, Settings};
use crate::page::{self, CallLog};
use crate::policy::SetProblem;
use crate::ports::CallError;
use crate::worker::journal::{Directory, Fleet, Journal, JournalProblem};
use crate::worker::shutdown::CLOSE_TIMEOUT;
use crate::worker::{self, Context, Tuning, endpoint};

const PRODUCT: &str = "bluegreen-worker";
/// What the HTTP server's index lists; the page comes first, if it is on.
const SERVED: [(&str, &str); 4] = [
    ("/page/", "releases and calls to AWS"),
    ("/health", "whether the poll loop runs"),
    ("/ready", "whether the worker takes jobs"),
    ("/metrics", "metrics for Prometheus"),
];

const EXAMPLES: &str = "\
Examples:
  bluegreen-worker run --config /etc/bluegreen-worker.toml
  bluegreen-worker run --journal ./journal --page on
  bluegreen-worker run --journal s3://bucket/prefix --policy policies --controls all=warn";

/// The arguments of `run`.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(args: &Args) -> Exit {
    let environment = environment();
    let loaded = match settings::load_all(&args.flags) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let settings = &loaded.settings;
    let observability = Observability::start(settings, &environment).await;
    log_only_panic_location();
    disable_core_files();
    match work(args.flags.clone(), loaded, environment, observability).await {
        Ok(()) => Exit::Done,
        Err(problem) => {
            super::print_error(&problem.to_string());
            problem.exit()
        }
    }
}

/// Logs only the location of a panic. Its message may contain anything,
/// including secrets.
fn log_only_panic_location() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        error!(place, "panic");
    }));
}

/// Disables core files, which would contain credentials and releases. Child
/// processes inherit the limit.
fn disable_core_files() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(problem) = setrlimit(Resource::Core, none) {
        warn!(%problem, "cannot disable core files");
    }
}

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Connection(#[from] NoConnection),
    #[error("cannot listen on {address}: {source}")]
    Listen {
        address: std::net::SocketAddr,
        source: std::io::Error,
    },
    #[error(transparent)]
    Journal(#[from] JournalProblem),
    #[error("the journal {place} cannot be used: {error}")]
    Bucket {
        place: JournalPlace,
        error: Box<CallError>,
    },
    #[error(transparent)]
    Policy(#[from] SetProblem),
    #[error("cannot handle signals: {0}")]
    Signals(std::io::Error),
    #[error("cannot record metrics: {0}")]
    Metrics(#[from] BuildError),
}

impl Problem {
    fn exit(&self) -> Exit {
        match self {
            Self::Connection(_)
            | Self::Listen { .. }
            | Self::Journal(_)
            | Self::Bucket { .. }
            | Self::Policy(_) => Exit::Usage,
            Self::Signals(_) | Self::Metrics(_) => Exit::Unexpected,
        }
    }
}

async fn work(
    flags: Flags,
    loaded: Loaded,
    environment: Environment,
    mut observability: Observability,
) -> Result<(), Problem> {
    let settings = &loaded.settings;
    let stop = CancellationToken::new();
    stop_on_signal(stop.clone())?;
    let hangup = signal(SignalKind::hangup()).map_err(Problem::Signals)?;
    let prepared = tokio::select! {
        biased;
        () = stop.cancelled() => {
            info!("received a stop signal before the first poll");
            return Ok(());
        }
        prepared = prepare(settings, &environment, &stop) => prepared?,
    };
    let Prepared {
        calls,
        context,
        policy_sources,
        policy_refresh_task,
    } = prepared;

    let end = CancellationToken::new();
    let metrics = metrics_exporter::install(observability.container.as_ref())?;
    let server = serve(settings, &context, calls, metrics, end.clone()).await?;
    let ca_bundle = ca_bundle(&environment)?;
    let traces = observability.send_traces(ca_bundle.as_ref(), end.clone());
    supervisor::ready();
    tokio::spawn(load::report(context.clone(), Clock::system(), stop.clone()));
    let status = tokio::spawn(supervisor::report(context.clone(), stop.clone()));
    let reload = Reload {
        policy_sources,
        policy_refresh_task,
        stop,
        flags,
        environment,
        loaded,
        filter: observability.filter,
        context: context.clone(),
    };
    let reload = AbortOnDropHandle::new(tokio::spawn(reload.on_signal(hangup)));
    info!(version = env!("CARGO_PKG_VERSION"), "polling for jobs");
    worker::run(&context).await;
    drop(reload);
    end.cancel();
    // A client or a collector that does not respond does not delay the exit;
    // traces that are not sent in time are lost.
    let last = async { tokio::join!(server, traces, status) };
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, last).await;
    info!("done");
    Ok(())
}

/// Serves health, readiness, metrics and, if it is on, the page, until `end` is
/// cancelled.
async fn serve(
    settings: &Settings,
    context: &Context,
    calls: CallLog,
    metrics: PrometheusHandle,
    end: CancellationToken,
) -> Result<JoinHandle<()>, Problem> {
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|source| Problem::Listen {
            address: settings.listen,
            source,
        })?;
    if let Ok(address) = listener.local_addr() {
        info!(%address, "serving health, readiness and metrics");
    }
    let more = match settings.page {
        true => live::page(context, calls).merge(page::index(PRODUCT, &SERVED)),
        false => page::index(PRODUCT, &SERVED[1..]),
    };
    let hosts = hosts::hosts(&settings.hosts, settings.listen);
    let context = context.clone();
    Ok(tokio::spawn(async move {
        endpoint::serve(listener, &context, metrics, more, hosts, end).await;
    }))
}

/// What is set up before the first poll.
struct Prepared {
    calls: CallLog,
    context: Context,
    policy_sources: PolicySources,
    policy_refresh_task: Option<AbortOnDropHandle<()>>,
}

/// Connects to AWS, opens the journal and reads the policies. Each step may
/// take long if a service is slow or does not answer, so the log says which one
/// is in progress.
async fn prepare(
    settings: &Settings,
    environment: &Environment,
    stop: &CancellationToken,
) -> Result<Prepared, Problem> {
    info!(
        version = env!("CARGO_PKG_VERSION"),
        "starting: resolving Region and credentials"
    );
    let calls = CallLog::default();
    let listener = settings.page.then(|| live::listener(calls.clone()));
    let config = connect_daemon(environment, listener).await?;
    let clock = Clock::system();
    let path_style = environment.contains_key("AWS_ENDPOINT_URL_S3");
    let query = settings.query.clone();
    let query = query.map(|query| (query.name, query.value));
    let versions: Vec<_> = settings.action_versions.iter().cloned().collect();
    let ports = aws::ports(&config, &versions, query, path_style, &clock);
    let journal = journal(settings, &config, path_style, &clock).await?;
    let mut context = Context::new(
        ports,
        clock.clone(),
        Tuning::from(settings),
        journal,
        stop.clone(),
    )
    .with_roles(&settings.roles);
    if let Some(bus) = &settings.event_bus {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let bus = Arc::new(EventBridgeBus::new(&config, bus.as_str()));
        context = context.with_events(bus, Arc::new(History::paced(&config, &clock)), &region);
    }
    reload::set_drain(&context, settings.drain);
    let policy_sources = PolicySources::new(&config, path_style);
    info!("starting: reading the policies");
    let policy_refresh_task = match policy_sources.open(settings).await? {
        Some(keeper) => {
            context = context.with_policy(keeper.gate());
            Some(policy_sources::refresh(keeper, stop.clone()))
        }
        None => None,
    };
    Ok(Prepared {
        calls,
        context,
        policy_sources,
        policy_refresh_task,
    })
}

/// Opens the journal, if one is configured. A bucket that can never be used is
/// an error. One that is unreachable may become reachable later.
async fn journal(
    settings: &Settings,
    config: &SdkConfig,
    path_style: bool,
    clock: &Clock,
) -> Result<Option<Arc<dyn Journal>>, Problem> {
    info!("starting: opening the journal");
    let Some(place) = &settings.journal else {
        warn!("no journal is configured: if this process dies, its jobs are lost");
        return Ok(None);
    };
    let (bucket, prefix) = match place {
        JournalPlace::Directory(path) => {
            return Ok(Some(Arc::new(Directory::open(path, clock)?)));
        }
        JournalPlace::Bucket { bucket, prefix } => (bucket, prefix),
    };
    let objects = S3Objects::new(config, path_style, bucket, prefix);
    let fleet = Fleet::new(Arc::new(objects), clock, settings.journal_lease);
    match fleet.check().await {
        Ok(()) => {}
        Err(error) if error.is_transient() && !error.is_about_credentials() => {
            warn!(%error, "the journal cannot be reached; no jobs are taken until it can");
        }
        Err(error) => {
            return Err(Problem::Bucket {
                place: place.clone(),
                error: Box::new(error),
            });
        }
    }
    Ok(Some(Arc::new(fleet)))
}

/// The first signal cancels `stop`, the second exits at once.
fn stop_on_signal(stop: CancellationToken) -> Result<(), Problem> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Problem::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Problem::Signals)?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if stop.is_cancelled() {
                warn!("received a second stop signal: exiting at once");
                std::process::exit(0);
            }
            info!("received a stop signal");
            stop.cancel();
        }
    });
    Ok(())
}

type Environment = BTreeMap<String, String>;
