//! Generates IAM policy documents from the table of calls.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{CALLS, IMPLIED, Purpose, Resource};
use crate::job::action_type::PROVIDER;
use crate::job::{ActionVersion, Engine};

/// The condition key for the service that a role is passed to, and its value
/// for the roles of tasks.
pub const PASSED_TO: (&str, &str) = ("iam:PassedToService", "ecs-tasks.amazonaws.com");

/// What the policy is limited to; `*` for no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Only these; if empty, those of every worker and of what is named below.
    pub purposes: Vec<Purpose>,
    pub partition: String,
    pub region: String,
    pub account: String,
    /// Versions of the action type; their engines decide about the calls.
    pub versions: BTreeSet<ActionVersion>,
    /// For CodeDeploy.
    pub application: String,
    pub group: String,
    /// For ECS's own deployments.
    pub cluster: String,
    pub service: String,
    /// ARNs of the roles that task definitions may use.
    pub pass_roles: Vec<String>,
    pub journal: Option<S3Place>,
    pub policies: Vec<S3Place>,
    /// The name or ARN of the event bus for release events.
    pub event_bus: Option<String>,
    /// ARNs of the roles that pipelines may name.
    pub roles: Vec<String>,
    /// Whether the policy is for such a role. Calls about jobs always use the
    /// worker's own role.
    pub for_role: bool,
}

/// A bucket and a key prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Place {
    pub bucket: String,
    /// Without slashes at its ends; may be empty.
    pub prefix: String,
}

impl S3Place {
    /// Parses `s3://bucket/prefix`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let place = text.strip_prefix("s3://")?;
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        (!bucket.is_empty()).then(|| Self {
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
        })
    }

    /// Whether the prefix is the key of a zip archive.
    fn is_archive(&self) -> bool {
        self.prefix.to_ascii_lowercase().ends_with(".zip")
    }
}

/// One statement of the policy: actions of one purpose on the same resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub sid: String,
    pub purpose: Purpose,
    pub actions: Vec<&'static str>,
    /// ARNs, perhaps with wildcards; `*` for actions without a resource type.
    pub resources: Vec<String>,
    /// Whether the only action is `iam:PassRole`, for tasks only.
    pub passes_roles: bool,
}

/// Generates the minimal IAM policy document for the purposes of `scope`.
#[must_use]
pub fn policy(scope: &Scope) -> Value {
    let statements: Vec<Value> = statements(scope).iter().map(Statement::json).collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The statements of [`policy`].
#[must_use]
pub fn statements(scope: &Scope) -> Vec<Statement> {
    let mut statements = Vec::new();
    for purpose in Purpose::ALL {
        if !scope.includes(purpose) {
            continue;
        }
        let calls = CALLS.iter().chain(IMPLIED).filter(|call| {
            call.purpose == purpose
                && call.only.is_none_or(|only| scope.uses(only))
                && !(scope.for_role && stays_with_worker(call.action))
        });
        let mut by_resource: BTreeMap<Resource, BTreeSet<&str>> = BTreeMap::new();
        for call in calls {
            by_resource
                .entry(call.resource)
                .or_default()
                .insert(call.action);
        }
        for (resource, actions) in by_resource {
            statements.push(Statement {
                sid: format!("{purpose:?}{resource:?}"),
                purpose,
                actions: actions.into_iter().collect(),
                resources: scope.arns(resource),
                passes_roles: false,
            });
        }
        if purpose == Purpose::Deploy {
            statements.push(Statement {
                sid: "PassTaskRoles".into(),
                purpose,
                actions: vec!["iam:PassRole"],
                resources: scope.pass_roles.clone(),
                passes_roles: true,
            });
        }
    }
    statements
}

impl Statement {
    fn json(&self) -> Value {
        let (sid, actions, resources) = (&self.sid, &self.actions, &self.resources);
        let mut statement =
            json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources });
        if self.passes_roles {
            statement["Action"] = actions.join("").into();
            statement["Condition"] = json!({ "StringEquals": { PASSED_TO.0: PASSED_TO.1 } });
        } else if let [one] = resources.as_slice() {
            statement["Resource"] = one.as_str().into();
        }
        statement
    }
}

/// Whether the worker makes this call with its own role even if the release
/// uses another one.
fn stays_with_worker(action: &str) -> bool {
    action.starts_with("codepipeline:") || action.starts_with("events:")
}

/// Generates the trust policy of a role that pipelines may name. Only the
/// worker's role may assume it, with `external_id` if there is one.
#[must_use]
pub fn trust(worker_role: &str, external_id: Option<&str>) -> Value {
    let mut statement = json!({
        "Sid": "TheWorkerReleases",
        "Effect": "Allow",
        "Principal": { "AWS": worker_role },
        "Action": "sts:AssumeRole",
    });
    if let Some(id) = external_id {
        statement["Condition"] = json!({ "StringEquals": { "sts:ExternalId": id } });
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

impl Scope {
    fn includes(&self, purpose: Purpose) -> bool {
        if !self.purposes.is_empty() {
            return self.purposes.contains(&purpose);
        }
        match purpose {
            Purpose::Poll | Purpose::Deploy | Purpose::Images | Purpose::Diagnose => true,
            Purpose::Journal => self.journal.is_some(),
            Purpose::Policies => !self.policies.is_empty(),
            Purpose::Events => self.event_bus.is_some(),
            Purpose::Roles => !self.roles.is_empty(),
            Purpose::Register => false,
        }
    }

    fn uses(&self, engine: Engine) -> bool {
        let mut versions = self.versions.iter();
        versions.any(|version| version.engine() == engine)
    }

    fn arns(&self, resource: Resource) -> Vec<String> {
        let Self {
            partition,
            region,
            account,
            versions,
            application,
            group,
            cluster,
            service,
            ..
        } = self;
        let codedeploy = format!("arn:{partition}:codedeploy:{region}:{account}");
        let ecs = format!("arn:{partition}:ecs:{region}:{account}");
        let named_service = format!("{ecs}:service/{cluster}/{service}");
        let bucket = |place: &S3Place| format!("arn:{partition}:s3:::{}", place.bucket);
        let objects = |place: &S3Place| match place.prefix.as_str() {
            "" => format!("arn:{partition}:s3:::{}/*", place.bucket),
            prefix => format!("arn:{partition}:s3:::{}/{prefix}/*", place.bucket),
        };
        let mut arns: Vec<String> = match resource {
            Resource::ActionType => {
                let arn = |version: &ActionVersion| {
                    format!(
                        "arn:{partition}:codepipeline:{region}:{account}:actiontype:\
                         Custom/Deploy/{PROVIDER}/{version}"
                    )
                };
                versions.iter().map(arn).collect()
            }
            Resource::Application => vec![format!("{codedeploy}:application:{application}")],
            Resource::DeploymentGroup => {
                vec![format!(
                    "{codedeploy}:deploymentgroup:{application}/{group}"
                )]
            }
            Resource::DeploymentConfig => vec![format!("{codedeploy}:deploymentconfig:*")],
            Resource::Service => vec![format!("{ecs}:service/*")],
            Resource::NamedService => vec![named_service],
            Resource::ServiceDeployment => vec![
                named_service,
                format!("{ecs}:service-deployment/{cluster}/{service}/*"),
            ],
            Resource::ServiceRevision => vec![
                named_service,
                format!("{ecs}:service-revision/{cluster}/{service}/*"),
            ],
            Resource::TaskDefinition => vec![format!("{ecs}:task-definition/*")],
            Resource::TaskRoles => self.pass_roles.clone(),
            Resource::Repository => vec![format!("arn:{partition}:ecr:*:*:repository/*")],
            Resource::JournalBucket => self.journal.iter().map(bucket).collect(),
            Resource::JournalObjects => self.journal.iter().map(objects).collect(),
            Resource::PolicyBuckets => self.policies.iter().map(bucket).collect(),
            Resource::PolicyObjects => self
                .policies
                .iter()
                .map(|place| match place.is_archive() {
                    true => format!("{}/{}", bucket(place), place.prefix),
                    false => objects(place),
                })
                .collect(),
            Resource::EventBus => {
                let arn = |bus: &String| match bus.starts_with("arn:") {
                    true => bus.clone(),
                    false => format!("arn:{partition}:events:{region}:{account}:event-bus/{bus}"),
                };
                self.event_bus.iter().map(arn).collect()
            }
            Resource::Pipeline => {
                vec![format!("arn:{partition}:codepipeline:{region}:{account}:*")]
            }
            Resource::Roles => self.roles.clone(),
            Resource::Any => vec!["*".into()],
        };
        // Several places may be in the same bucket.
        let mut seen = BTreeSet::new();
        arns.retain(|arn| seen.insert(arn.clone()));
        arns
    }
}

#[cfg(test)]
mod tests;
