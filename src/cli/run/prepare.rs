//! What a worker needs before it polls: AWS, the journal and the policies.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::SdkConfig;
use clock::Clock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use super::policy_sources::PolicySources;
use super::{Problem, live, policy_sources, reload};
use crate::aws::{self, EventBridgeBus, History, S3Objects};
use crate::cli::connection::{connect_daemon, has_path_style};
use crate::config::{JournalPlace, Settings};
use crate::page::CallLog;
use crate::worker::journal::{Directory, Fleet, Journal};
use crate::worker::{Context, Tuning};

/// What is set up before the first poll.
pub(super) struct Prepared {
    pub(super) calls: CallLog,
    pub(super) context: Context,
    pub(super) policy_sources: PolicySources,
    pub(super) policy_refresh_task: Option<AbortOnDropHandle<()>>,
}

/// Connects to AWS, opens the journal and reads the policies. Each step may
/// take long if a service is slow or does not answer, so the log says which one
/// is in progress.
pub(super) async fn prepare(
    settings: &Settings,
    environment: &BTreeMap<String, String>,
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
    let path_style = has_path_style(environment);
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
