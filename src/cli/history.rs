//! `history`: the releases that CodeDeploy, ECS and CodePipeline have on record:
//! who released what, when, from which commit, and with which result.

mod release;
mod show;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aws_config::SdkConfig;
use clap::ArgGroup;
use clock::Clock;
use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};

use self::release::{Release, of_action, of_deployment};
use super::connection::connect;
use super::{Exit, Failed, environment, print};
use crate::aws::{ActionRecord, ExecutionRecord, History, Listing};
use crate::job::DeployTarget;
use crate::ports::CallError;
use crate::rollout::seen::DeploymentSeen;

/// The arguments of `history`.
#[derive(clap::Args, Debug)]
#[command(
    group(
        ArgGroup::new("place")
            .required(true)
            .multiple(true)
            .args(["application", "cluster", "pipeline"])
    ),
    after_help = "Examples:\n  \
        bluegreen-worker history --application shop --group web\n  \
        bluegreen-worker history --cluster prod --service web --pipeline shop\n  \
        bluegreen-worker history --pipeline shop --days 90 --limit 100 --json"
)]
pub(super) struct Args {
    /// The CodeDeploy application
    #[arg(long, requires = "group", conflicts_with_all = ["cluster", "pipeline"])]
    application: Option<String>,
    /// The deployment group of that application
    #[arg(long, requires = "application")]
    group: Option<String>,
    /// The cluster of a service that ECS deploys itself
    #[arg(long, requires = "service")]
    cluster: Option<String>,
    /// The service in that cluster
    #[arg(long, requires = "cluster")]
    service: Option<String>,
    /// The pipeline; with a service, the pipeline that releases to it, which
    /// adds commits and who started them
    #[arg(long)]
    pipeline: Option<String>,
    /// How many days to look back
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=MAX_DAYS))]
    days: u16,
    /// The maximum number of releases to show
    #[arg(short = 'n', long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=MAX_RELEASES))]
    limit: u16,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Maximum period in days. CodePipeline keeps a year of executions (its
/// quotas page).
const MAX_DAYS: i64 = 366;

/// Maximum number of releases. Each may take a call of its own to get its commit.
const MAX_RELEASES: i64 = 500;

/// How many pipeline executions are requested concurrently. More would risk
/// throttling of the pipeline's own calls.
const MAX_CONCURRENT: usize = 8;

/// The releases, and notes about what could not be read.
struct Found {
    releases: Vec<Release>,
    notes: Vec<String>,
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failed> {
    let config = connect(&environment()).await?;
    let Found { releases, notes } = find(args, &config).await?;
    let shown = match args.json {
        true => show::json(&releases, &notes),
        false => show::text(&releases, &notes),
    };
    Ok(print(shown, Exit::Done))
}

async fn find(args: &Args, config: &SdkConfig) -> Result<Found, CallError> {
    let since = Clock::system().now() - SignedDuration::from_hours(24 * i64::from(args.days));
    let limit = usize::from(args.limit);
    let history = History::new(config, &Clock::system());
    // The description of a CodeDeploy deployment that a worker made names the
    // pipeline and the key by which its action is found. A deployment of ECS does
    // not say which pipeline started it.
    let read = match (args.target(), &args.pipeline) {
        (Some(target), _) => history.deployments(&target, since, limit).await?,
        (None, Some(pipeline)) => return of_pipeline(&history, pipeline, since, limit).await,
        (None, None) => unreachable!("clap asks for one of them"),
    };
    Ok(of_deployments(&history, read, args.pipeline.as_deref(), since).await)
}

impl Args {
    /// The deployment group or service, if one is named.
    fn target(&self) -> Option<DeployTarget> {
        if let (Some(cluster), Some(service)) = (&self.cluster, &self.service) {
            return Some(DeployTarget::service(cluster, service));
        }
        Some(DeployTarget::group(
            self.application.as_ref()?,
            self.group.as_ref()?,
        ))
    }
}

async fn of_pipeline(
    history: &History,
    pipeline: &str,
    since: Timestamp,
    limit: usize,
) -> Result<Found, CallError> {
    let Listing {
        found: mut actions,
        unread,
    } = history.actions(pipeline, since).await?;
    let mut notes: Vec<String> = unread.iter().map(incomplete_note).collect();
    actions.truncate(limit);
    let (executions, more) = executions(history, &actions).await;
    notes.extend(more);
    let release = |action: &ActionRecord| {
        let place = (action.pipeline.clone(), action.execution.clone());
        of_action(action, executions.get(&place))
    };
    Ok(Found {
        releases: actions.iter().map(release).collect(),
        notes,
    })
}

/// Combines deployments with what `pipeline` and the pipelines that they name
/// know of them.
async fn of_deployments(
    history: &History,
    read: Listing<DeploymentSeen>,
    pipeline: Option<&str>,
    since: Timestamp,
) -> Found {
    let Listing {
        found: deployments,
        unread,
    } = read;
    let mut notes: Vec<String> = unread.iter().map(incomplete_note).collect();
    let named = deployments.iter().filter_map(release::pipeline);
    let pipelines: BTreeSet<&str> = named.chain(pipeline).collect();
    let mut actions = Vec::new();
    for pipeline in pipelines {
        match history.actions(pipeline, since).await {
            Ok(read) => {
                notes.extend(read.unread.iter().map(incomplete_note));
                actions.extend(read.found);
            }
            Err(error) => notes.push(format!(
                "What pipeline {pipeline} knows of its releases is not shown: {error}"
            )),
        }
    }
    actions.retain(|action| deployments.iter().any(|made| release::made(action, made)));
    let (executions, more) = executions(history, &actions).await;
    notes.extend(more);
    let release = |deployment| {
        let action = actions
            .iter()
            .find(|action| release::made(action, deployment));
        let place = action.map(|action| (action.pipeline.clone(), action.execution.clone()));
        let execution = place.and_then(|place| executions.get(&place));
        of_deployment(deployment, action, execution)
    };
    Found {
        releases: deployments.iter().map(release).collect(),
        notes,
    }
}

fn incomplete_note(error: &CallError) -> String {
    format!("Some releases are not shown: {error}")
}

/// Executions by pipeline and execution id.
type Executions = BTreeMap<(String, String), ExecutionRecord>;

/// Reads the executions of the actions, and notes how many cannot be read.
async fn executions(history: &History, actions: &[ActionRecord]) -> (Executions, Option<String>) {
    let ids: BTreeSet<(&str, &str)> = actions
        .iter()
        .map(|action| (action.pipeline.as_str(), action.execution.as_str()))
        .collect();
    let reads = ids.into_iter().map(async |(pipeline, id)| {
        let place = (pipeline.to_owned(), id.to_owned());
        (place, history.execution(pipeline, id).await)
    });
    let reads: Vec<_> = reads.collect();
    let answers = stream::iter(reads).buffered(MAX_CONCURRENT);
    let (mut found, mut errors) = (BTreeMap::new(), Vec::new());
    for (place, answer) in answers.collect::<Vec<_>>().await {
        match answer {
            Ok(Some(record)) => {
                found.insert(place, record);
            }
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
    (found, unread_note(&errors))
}

/// Each error names its execution, so one of them stands for all.
fn unread_note(errors: &[impl fmt::Display]) -> Option<String> {
    let first = errors.first()?;
    Some(match errors.len() {
        1 => format!("The commits of one execution are not shown: {first}"),
        count => {
            format!("The commits of {count} executions are not shown. The first error: {first}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_that_cannot_be_read_are_counted() {
        assert_eq!(unread_note(&[""; 0]), None);
        let one = unread_note(&["denied"]).unwrap();
        assert_eq!(one, "The commits of one execution are not shown: denied");
        let two = unread_note(&["denied", "slow"]).unwrap();
        assert_eq!(
            two,
            "The commits of 2 executions are not shown. The first error: denied"
        );
    }
}
