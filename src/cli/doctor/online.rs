//! Checks that need AWS: the identity and its permissions. Every call reads
//! only, and most request something that does not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_config::SdkConfig;
use clock::Clock;
use jiff::{SignedDuration, Timestamp};

use super::check::Check;
use super::event_bus;
use super::offline::policies_check;
use super::simulated;
use super::targets::Targets;
use crate::aws::{self, Identity, S3Objects, find_action_type, who_am_i};
use crate::cli::connection::{NoConnection, connect, has_path_style};
use crate::cli::run::policy_sources::PolicySources;
use crate::config::{JournalPlace, Settings};
use crate::job::action_type::{PROVIDER, definition_with, differences, queryable};
use crate::job::permissions::{CALLS, IMPLIED, Purpose};
use crate::job::{ActionVersion, AllowedRole, DeploymentId, Engine, JobId, TaskDefinitionName};
use crate::policy::Source;
use crate::ports::{CallError, CallErrorKind, Ports};
use crate::release::target::ServiceName;
use crate::worker::journal::{Fleet, Journal as _};

/// AWS rejects signatures from this clock skew on (docs/aws.md §0); the SDK
/// corrects a smaller one.
const SKEW_REFUSED: SignedDuration = SignedDuration::from_mins(5);

/// A larger skew means that the clock is not synchronized.
const SKEW_NOTICED: SignedDuration = SignedDuration::from_secs(30);

/// The name of a nonexistent resource, requested to test permissions.
const PROBE: &str = "bluegreen-worker-doctor";

pub(super) async fn checks(
    settings: &Settings,
    environment: &BTreeMap<String, String>,
    targets: Targets<'_>,
    simulate: bool,
) -> Vec<Check> {
    let config = match connect(environment).await {
        Ok(config) => config,
        Err(NoConnection::Credentials(problem)) => {
            return vec![Check::failed(
                "credentials",
                problem.what(),
                problem.remedy(),
            )];
        }
        Err(NoConnection::NoRegion) => {
            let remedy = "set AWS_REGION, or a profile that has a Region";
            return vec![Check::failed("region", "no AWS Region is set", remedy)];
        }
        Err(problem @ (NoConnection::CaBundle { .. } | NoConnection::Endpoint(_))) => {
            let remedy = "correct it first; nothing that needs AWS was checked";
            return vec![Check::failed("connection", problem.to_string(), remedy)];
        }
    };
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    let identity = match who_am_i(&config).await {
        Ok(identity) => identity,
        // Without credentials every other call fails as well.
        Err(error) => return vec![no_identity(&error)],
    };
    let mut checks = vec![
        Check::good(
            "credentials",
            format!(
                "{} in account {}, Region {region}",
                identity.arn, identity.account
            ),
        ),
        clock(&identity, Clock::system().now()),
    ];
    for version in &settings.action_versions {
        checks.push(action_type(&config, version, &region).await);
    }
    let path_style = has_path_style(environment);
    let ports = aws::ports(&config, &[], None, path_style, &Clock::system());
    let engines = engines(settings);
    checks.extend(permissions(&ports, &engines).await);
    if let Some(JournalPlace::Bucket { bucket, prefix }) = &settings.journal {
        checks.push(bucket_journal(&config, path_style, (bucket, prefix), settings).await);
    }
    if settings.policy.iter().any(Source::is_elsewhere) {
        let policies = PolicySources::new(&config, path_style);
        let loaded = policies.open(settings).await;
        checks.push(policies_check(
            "policies in S3",
            loaded.map(|it| it.is_some()),
        ));
    }
    if let Some(bus) = &settings.event_bus {
        checks.push(event_bus::check(&config, bus).await);
    }
    checks.extend(targets.checks(&ports, &engines).await);
    for role in &settings.roles {
        checks.push(assumed(&ports, role).await);
    }
    match simulate {
        true => checks.extend(simulated::checks(&config, settings, &identity, targets).await),
        false => checks.push(not_tried(&engines)),
    }
    checks
}

/// The engines of the versions that the worker takes jobs of.
fn engines(settings: &Settings) -> BTreeSet<Engine> {
    let versions = settings.action_versions.iter();
    versions.map(ActionVersion::engine).collect()
}

/// The calls of the worker that these checks make.
const TRIED: [&str; 5] = [
    "codepipeline:GetJobDetails",
    "codedeploy:GetDeployment",
    "codedeploy:BatchGetDeployments",
    "ecs:DescribeTaskDefinition",
    "ecs:DescribeServices",
];

/// Lists the permissions that were not tested: their calls would create
/// something, take a job, or need names that are not known here.
fn not_tried(engines: &BTreeSet<Engine>) -> Check {
    let needed = CALLS.iter().chain(IMPLIED);
    let needed = needed.filter(|call| call.only.is_none_or(|only| engines.contains(&only)));
    let needed = needed.filter(|call| matches!(call.purpose, Purpose::Poll | Purpose::Deploy));
    let names = needed.map(|call| call.action);
    let names: Vec<&str> = names.filter(|name| !TRIED.contains(name)).collect();
    let what = format!(
        "not tried, for it would change something or take a job: {}, and iam:PassRole on the \
         task definitions' roles",
        names.join(", ")
    );
    let remedy = "`bluegreen-worker doctor --simulate-permissions` asks IAM without doing anything";
    Check::not_tried("other calls", what, remedy)
}

async fn bucket_journal(
    config: &SdkConfig,
    path_style: bool,
    (bucket, prefix): (&str, &str),
    settings: &Settings,
) -> Check {
    const NAME: &str = "journal in S3";
    let objects = S3Objects::new(config, path_style, bucket, prefix);
    let fleet = Fleet::new(Arc::new(objects), &Clock::system(), settings.journal_lease);
    let usable = fleet.check().await;
    // Other workers would take the lease for a dead worker's.
    fleet.close().await;
    match usable {
        Ok(()) => Check::good(NAME, format!("s3://{bucket}/{prefix} can be used")),
        Err(error) => not_answered(NAME, &error),
    }
}

fn no_identity(error: &CallError) -> Check {
    let remedy = match error.kind {
        CallErrorKind::Unreachable | CallErrorKind::Unclear => {
            "check that AWS can be reached: network, proxy, AWS_ENDPOINT_URL"
        }
        CallErrorKind::Denied | CallErrorKind::Refused | CallErrorKind::Throttled => {
            "use credentials that AWS knows and that have not expired"
        }
    };
    Check::failed("credentials", error.to_string(), remedy)
}

fn clock(identity: &Identity, now: Timestamp) -> Check {
    const NAME: &str = "clock";
    let Some(there) = identity.time else {
        return Check::good(NAME, "AWS's response has no time");
    };
    let skew = now.duration_since(there);
    let what = format!("{} s from AWS's", skew.as_secs());
    let remedy = "keep the machine's clock synchronized, for example with chrony";
    if skew.abs() >= SKEW_REFUSED {
        Check::failed(NAME, what, remedy)
    } else if skew.abs() >= SKEW_NOTICED {
        Check::warning(NAME, what, remedy)
    } else {
        Check::good(NAME, what)
    }
}

async fn action_type(config: &SdkConfig, version: &ActionVersion, region: &str) -> Check {
    const NAME: &str = "action type";
    match find_action_type(config, version).await {
        Ok(Some(registered)) => {
            let ours = definition_with(version, region, queryable(&registered));
            let found = differences(&ours, &registered);
            match found.is_empty() {
                true => Check::good(NAME, format!("{PROVIDER} {version} is this build's")),
                false => Check::warning(
                    NAME,
                    format!("{PROVIDER} {version} differs: {}", found.join("; ")),
                    format!(
                        "register another version: `bluegreen-worker action-type register \
                         --version {}-…`",
                        ActionVersion::from(version.engine())
                    ),
                ),
            }
        }
        Ok(None) => Check::failed(
            NAME,
            format!("{PROVIDER} {version} is not registered here"),
            format!("`bluegreen-worker action-type register --version {version}`"),
        ),
        Err(error) if error.kind == CallErrorKind::Denied => Check::warning(
            NAME,
            "the role may not list action types, and the worker does not need to",
            "allow codepipeline:ListActionTypes to have it compared",
        ),
        Err(error) => not_answered(NAME, &error),
    }
}

/// Tests permissions by requesting what does not exist. Calls that create
/// something, or could return a job, are not made.
async fn permissions(ports: &Ports, engines: &BTreeSet<Engine>) -> Vec<Check> {
    let job = JobId::new("00000000-0000-0000-0000-000000000000");
    let revision = TaskDefinitionName::new(format!("{PROBE}:1"));
    let (jobs, revisions) = tokio::join!(
        ports.jobs.details(&job),
        ports.task_definitions.describe(&revision),
    );
    let mut checks = vec![
        permitted("codepipeline", "codepipeline:GetJobDetails", jobs.map(drop)),
        permitted(
            "ecs revisions",
            "ecs:DescribeTaskDefinition",
            revisions.map(drop),
        ),
    ];
    // A worker for version 2 alone may not look at a service that no pipeline
    // names, nor at CodeDeploy.
    if engines.contains(&Engine::CodeDeploy) {
        let service = ServiceName {
            cluster: PROBE.into(),
            service: PROBE.into(),
        };
        let deployment = DeploymentId::new("d-DOCTOR000");
        let (services, deployments) = tokio::join!(
            ports.services.describe(&service),
            ports.deployments.survey(std::slice::from_ref(&deployment)),
        );
        let deployments: Result<Vec<_>, CallError> = deployments.into_iter().collect();
        checks.extend([
            permitted("ecs services", "ecs:DescribeServices", services.map(drop)),
            permitted(
                "codedeploy",
                "codedeploy:GetDeployment",
                deployments.map(drop),
            ),
        ]);
    }
    checks
}

fn permitted(name: &'static str, call: &str, answer: Result<(), CallError>) -> Check {
    match answer {
        Ok(()) => Check::good(name, format!("{call} is answered and allowed")),
        // The resource does not exist, but the call was allowed.
        Err(error) if error.kind == CallErrorKind::Refused => {
            Check::good(name, format!("{call} is answered and allowed"))
        }
        Err(error) => not_answered(name, &error),
    }
}

pub(super) fn not_answered(name: &'static str, error: &CallError) -> Check {
    match error.kind {
        CallErrorKind::Denied => Check::failed(
            name,
            error.to_string(),
            "attach what `bluegreen-worker iam-policy` prints to the worker's role",
        ),
        CallErrorKind::Throttled => Check::warning(name, error.to_string(), "try again later"),
        CallErrorKind::Unclear | CallErrorKind::Unreachable => Check::failed(
            name,
            error.to_string(),
            "check that this service can be reached: network, proxy, VPC endpoint",
        ),
        CallErrorKind::Refused => {
            Check::failed(name, error.to_string(), "correct what AWS's message names")
        }
    }
}

async fn assumed(ports: &Ports, role: &AllowedRole) -> Check {
    const NAME: &str = "role";
    match ports.roles.assume(role, PROBE, ports).await {
        Ok(_) => Check::good(NAME, format!("{} can be taken", role.arn)),
        Err(error) if error.kind == CallErrorKind::Denied => Check::failed(
            NAME,
            error.to_string(),
            "see `bluegreen-worker iam-policy --assume-role` for the worker's role, and \
             --cross-account with --external-id for this one",
        ),
        Err(error) => not_answered(NAME, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::State;
    use super::*;

    #[test]
    fn a_clock_that_is_wrong_is_noticed_before_signatures_are_refused() {
        let here: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let state = |seconds: i64| {
            let identity = Identity {
                account: String::new(),
                arn: String::new(),
                time: Some(here + SignedDuration::from_secs(seconds)),
            };
            clock(&identity, here).state
        };
        assert_eq!(state(29), State::Good);
        assert_eq!(state(30), State::Warning);
        assert_eq!(state(-299), State::Warning);
        assert_eq!(state(-300), State::Failed);
    }

    #[test]
    fn what_would_change_something_is_said_not_to_be_tried() {
        let line = not_tried(&Engine::ALL.into()).line();
        assert!(line.starts_with("----  other calls: "), "{line}");
        for call in [
            "codepipeline:PollForJobs",
            "codedeploy:CreateDeployment",
            "ecs:RegisterTaskDefinition",
            "iam:PassRole",
        ] {
            assert!(line.contains(call), "{call}: {line}");
        }
        assert!(!line.contains("ecs:DescribeServices"), "{line}");
        let own = not_tried(&[Engine::Ecs].into()).line();
        assert!(own.contains("ecs:UpdateService"), "{own}");
        assert!(!own.contains("codedeploy:"), "{own}");
        assert!(line.contains("doctor --simulate-permissions"), "{line}");
    }
}
