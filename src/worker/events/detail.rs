//! The `detail` of a `Release State Change` event. Its schema is
//! `examples/events/release-state-change.schema.json`. The texts are those of
//! the report to CodePipeline; the texts about sources are CodePipeline's own.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::facts::{Exemption, Facts};
use super::state::State;
use crate::job::offer::Job;
use crate::job::report::Report;
use crate::job::{DeployTarget, GroupName, ServiceName};
use crate::messages::limit::fit;
use crate::ports::{BusEvent, SourceRecord};
use crate::rollout::step::Rollout;

/// The source of every event.
const SOURCE: &str = "bluegreen-worker";

/// The detail type of every event.
const DETAIL_TYPE: &str = "Release State Change";

/// The version of the format. It changes only with incompatible changes.
const VERSION: u32 = 1;

/// Maximum number of sources in one event; a pipeline has few source actions.
const MAX_SOURCES: usize = 10;

/// Maximum length of a commit message and of each other text of a source, in
/// characters. CodePipeline shows no more either (the models' limits are 1,500
/// and 2,048).
const MAX_SOURCE_TEXT: usize = 500;

/// The deployment group or the service.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Target {
    Group {
        application: String,
        deployment_group: String,
    },
    Service {
        cluster: String,
        service: String,
    },
}

impl Target {
    fn of(target: &DeployTarget) -> Self {
        match target.clone() {
            DeployTarget::Group(GroupName { application, group }) => Self::Group {
                application,
                deployment_group: group,
            },
            DeployTarget::Service(ServiceName { cluster, service }) => {
                Self::Service { cluster, service }
            }
        }
    }
}

/// The detail of one event.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Detail {
    version: u32,
    /// The same if the same state is sent twice.
    pub(super) id: String,
    state: State,
    time: Timestamp,
    account: String,
    region: String,
    pub(super) pipeline: String,
    stage: String,
    action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pipeline_execution: Option<String>,
    action_execution: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<Source>,
    #[serde(flatten)]
    target: Option<Target>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    images: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "TaskDefinitions::is_empty")]
    task_definition: TaskDefinitions,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollback: Option<String>,
    seconds: Seconds,
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureDetail>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exemptions: Vec<Exemption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_hash: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Source {
    artifact: String,
    revision: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct TaskDefinitions {
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Seconds {
    /// Since the release's first job began.
    total: u64,
    /// From then until the deployment was created, including the time spent
    /// waiting.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_deployment: Option<u64>,
    /// Since the deployment was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    of_deployment: Option<u64>,
}

#[derive(Clone, Debug, Serialize)]
struct FailureDetail {
    r#type: &'static str,
    message: String,
}

/// The data that a detail is built from.
pub(super) struct Parts<'a> {
    pub(super) job: &'a Job,
    pub(super) region: &'a str,
    /// When the release began.
    pub(super) since: Timestamp,
    pub(super) now: Timestamp,
    /// The report that CodePipeline accepted.
    pub(super) report: &'a Report,
    pub(super) rollout: Option<&'a Rollout>,
    pub(super) facts: &'a Facts,
}

impl Detail {
    pub(super) fn of(state: State, parts: &Parts<'_>) -> Self {
        let Parts {
            job, report, facts, ..
        } = parts;
        let key = job.key();
        let pipeline = &job.data.pipeline;
        let release = parts.rollout.and_then(Rollout::release);
        let images = release.map_or(&facts.images, |release| &release.images);
        let deployment = parts.rollout.and_then(Rollout::deployment);
        let (summary, failure) = match report {
            Report::Continue(progress) => (progress.summary.clone(), None),
            Report::Success(success) => (success.summary.clone(), None),
            Report::Failure(failure) => {
                let failure = FailureDetail {
                    r#type: failure.kind.name(),
                    message: failure.message.clone(),
                };
                let first = failure.message.lines().next();
                (first.unwrap_or_default().to_owned(), Some(failure))
            }
        };
        // If another worker judged the release, its findings are in the token.
        let findings = match release {
            Some(release) if facts.findings.is_empty() => {
                release.warnings.iter().cloned().collect()
            }
            Some(_) | None => facts.findings.clone(),
        };
        Self {
            version: VERSION,
            id: format!("{key}:{}", state.name()),
            state,
            time: to_the_second(parts.now),
            account: job.account.clone(),
            region: parts.region.to_owned(),
            pipeline: pipeline.pipeline.clone(),
            stage: pipeline.stage.clone(),
            action: pipeline.action.clone(),
            pipeline_execution: pipeline.pipeline_execution.clone(),
            action_execution: key.to_string(),
            sources: Vec::new(),
            target: facts.target.as_ref().map(Target::of),
            images: images.iter().cloned().collect(),
            task_definition: TaskDefinitions {
                old: facts.old.as_ref().map(ToString::to_string),
                new: release
                    .map(|release| &release.task_definition)
                    .or(facts.new.as_ref())
                    .map(ToString::to_string),
            },
            deployment: deployment.map(|id| id.as_str().to_owned()),
            rollback: facts.rollback.as_ref().map(|id| id.as_str().to_owned()),
            seconds: Seconds::of(parts),
            summary,
            failure,
            findings,
            exemptions: facts.exemptions.clone(),
            policy_hash: facts.policy_hash.clone(),
        }
    }

    /// Adds the sources of the release.
    pub(super) fn with_sources(self, sources: &[SourceRecord]) -> Self {
        let cut = |text: &String| fit(text, MAX_SOURCE_TEXT);
        let source = |source: &SourceRecord| Source {
            artifact: cut(&source.artifact),
            revision: cut(&source.revision),
            message: source.summary.as_ref().map(cut),
            url: source.url.as_ref().map(cut),
        };
        Self {
            sources: sources.iter().take(MAX_SOURCES).map(source).collect(),
            ..self
        }
    }

    /// The event to put on a bus.
    pub(super) fn event(&self) -> BusEvent {
        BusEvent {
            source: SOURCE,
            detail_type: DETAIL_TYPE,
            detail: serde_json::to_string(self).expect("plain strings and numbers serialise"),
        }
    }
}

impl TaskDefinitions {
    fn is_empty(&self) -> bool {
        self.old.is_none() && self.new.is_none()
    }
}

impl Seconds {
    fn of(parts: &Parts<'_>) -> Self {
        let between = |from: Timestamp, to: Timestamp| {
            let passed = Duration::try_from(to.duration_since(from));
            passed.unwrap_or_default().as_secs()
        };
        let created = parts.facts.created;
        Self {
            total: between(parts.since, parts.now),
            to_deployment: created.map(|created| between(parts.since, created)),
            of_deployment: created.map(|created| between(created, parts.now)),
        }
    }
}

fn to_the_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
