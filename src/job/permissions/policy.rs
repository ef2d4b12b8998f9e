//! Generates IAM policy documents from the table of calls.

use serde_json::{Value, json};

use super::{CALLS, IMPLIED, Purpose, Resource};
use crate::job::action_type::PROVIDER;

/// The condition key for the service that a role is passed to, and its value
/// for the roles of tasks.
pub const PASSED_TO: (&str, &str) = ("iam:PassedToService", "ecs-tasks.amazonaws.com");

/// What the policy is limited to; `*` for no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub purposes: Vec<Purpose>,
    pub partition: String,
    pub region: String,
    pub account: String,
    /// Version of the action type.
    pub version: String,
    pub application: String,
    pub group: String,
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
        if !scope.purposes.contains(&purpose) {
            continue;
        }
        for resource in Resource::ALL {
            let mut actions: Vec<&str> = CALLS
                .iter()
                .chain(IMPLIED)
                .filter(|call| call.purpose == purpose && call.resource == resource)
                .map(|call| call.action)
                .filter(|action| !scope.for_role || !stays_with_worker(action))
                .collect();
            actions.sort_unstable();
            if !actions.is_empty() {
                statements.push(Statement {
                    sid: format!("{purpose:?}{resource:?}"),
                    purpose,
                    actions,
                    resources: scope.arns(resource),
                    passes_roles: false,
                });
            }
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
        match (self.passes_roles, resources.as_slice()) {
            (true, _) => json!({
                "Sid": sid,
                "Effect": "Allow",
                "Action": actions.join(""),
                "Resource": resources,
                "Condition": { "StringEquals": { PASSED_TO.0: PASSED_TO.1 } },
            }),
            (false, [one]) => {
                json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": one })
            }
            (false, several) => {
                json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": several })
            }
        }
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
    fn arns(&self, resource: Resource) -> Vec<String> {
        let Self {
            partition,
            region,
            account,
            version,
            application,
            group,
            ..
        } = self;
        let codedeploy = format!("arn:{partition}:codedeploy:{region}:{account}");
        let ecs = format!("arn:{partition}:ecs:{region}:{account}");
        let bucket = |place: &S3Place| format!("arn:{partition}:s3:::{}", place.bucket);
        let objects = |place: &S3Place| match place.prefix.as_str() {
            "" => format!("arn:{partition}:s3:::{}/*", place.bucket),
            key if place.is_archive() => format!("arn:{partition}:s3:::{}/{key}", place.bucket),
            prefix => format!("arn:{partition}:s3:::{}/{prefix}/*", place.bucket),
        };
        let mut arns: Vec<String> = match resource {
            Resource::ActionType => vec![format!(
                "arn:{partition}:codepipeline:{region}:{account}:actiontype:\
                 Custom/Deploy/{PROVIDER}/{version}"
            )],
            Resource::Application => vec![format!("{codedeploy}:application:{application}")],
            Resource::DeploymentGroup => {
                vec![format!(
                    "{codedeploy}:deploymentgroup:{application}/{group}"
                )]
            }
            Resource::DeploymentConfig => vec![format!("{codedeploy}:deploymentconfig:*")],
            Resource::Service => vec![format!("{ecs}:service/*")],
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
        arns.dedup();
        arns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope {
            purposes: Purpose::ALL.to_vec(),
            partition: "aws".into(),
            region: "eu-west-1".into(),
            account: "111122223333".into(),
            version: "1".into(),
            application: "shop".into(),
            group: "web".into(),
            pass_roles: vec!["arn:aws:iam::111122223333:role/web-task".into()],
            journal: S3Place::parse("s3://journal/fleet/"),
            policies: S3Place::parse("s3://rules").into_iter().collect(),
            event_bus: Some("releases".into()),
            roles: vec!["arn:aws:iam::222233334444:role/deploy".into()],
            for_role: false,
        }
    }

    fn resource_of(policy: &Value, action: &str) -> Value {
        let mut statements = policy["Statement"].as_array().unwrap().iter();
        let with = statements.find(|statement| {
            let actions = statement["Action"].as_array();
            actions.is_some_and(|actions| actions.contains(&json!(action)))
        });
        with.map_or(Value::Null, |with| with["Resource"].clone())
    }

    #[test]
    fn resources_are_as_narrow_as_the_action_knows_them() {
        let policy = policy(&scope());
        for (action, resource) in [
            (
                "codepipeline:PollForJobs",
                "arn:aws:codepipeline:eu-west-1:111122223333:actiontype:\
                 Custom/Deploy/RustBlueGreenDeploy/1",
            ),
            (
                "codedeploy:CreateDeployment",
                "arn:aws:codedeploy:eu-west-1:111122223333:deploymentgroup:shop/web",
            ),
            ("codedeploy:StopDeployment", "*"),
            (
                "events:PutEvents",
                "arn:aws:events:eu-west-1:111122223333:event-bus/releases",
            ),
            ("sts:AssumeRole", "arn:aws:iam::222233334444:role/deploy"),
        ] {
            assert_eq!(resource_of(&policy, action), resource, "{action}");
        }
        let objects = scope().arns(Resource::JournalObjects);
        assert_eq!(objects, ["arn:aws:s3:::journal/fleet/*"]);
        assert_eq!(
            scope().arns(Resource::PolicyObjects),
            ["arn:aws:s3:::rules/*"]
        );
        let archive = Scope {
            policies: S3Place::parse("s3://rules/team.zip").into_iter().collect(),
            ..scope()
        };
        let archive = archive.arns(Resource::PolicyObjects);
        assert_eq!(archive, ["arn:aws:s3:::rules/team.zip"]);
        let twice = Scope {
            policies: ["s3://rules/a", "s3://rules/b"]
                .iter()
                .filter_map(|place| S3Place::parse(place))
                .collect(),
            ..scope()
        };
        assert_eq!(twice.arns(Resource::PolicyBuckets), ["arn:aws:s3:::rules"]);
    }

    #[test]
    fn roles_are_passed_to_tasks_only() {
        let policy = policy(&scope());
        let statements = policy["Statement"].as_array().unwrap();
        let pass = statements
            .iter()
            .find(|one| one["Action"] == "iam:PassRole")
            .unwrap();
        assert_eq!(
            pass["Condition"]["StringEquals"]["iam:PassedToService"],
            "ecs-tasks.amazonaws.com"
        );
    }

    #[test]
    fn every_purpose_has_permissions_of_its_own() {
        for purpose in Purpose::ALL {
            let scope = Scope {
                purposes: vec![purpose],
                ..scope()
            };
            let policy = policy(&scope);
            let statements = policy["Statement"].as_array().unwrap();
            assert!(!statements.is_empty(), "{purpose:?} allows nothing");
        }
    }

    #[test]
    fn nothing_is_allowed_for_an_unused_purpose() {
        for purpose in Purpose::ALL {
            let scope = Scope {
                purposes: vec![purpose],
                ..scope()
            };
            for statement in policy(&scope)["Statement"].as_array().unwrap() {
                let sid = statement["Sid"].as_str().unwrap();
                let own = sid.starts_with(&format!("{purpose:?}")) || sid == "PassTaskRoles";
                assert!(own, "{purpose:?}: {sid}");
            }
        }
    }

    #[test]
    fn a_role_that_releases_are_carried_out_with_takes_no_jobs() {
        let scope = Scope {
            for_role: true,
            ..scope()
        };
        let text = policy(&scope).to_string();
        assert!(!text.contains("codepipeline:"), "{text}");
        assert!(!text.contains("events:"), "{text}");
        assert!(text.contains("codedeploy:CreateDeployment"));
        let trusted = trust("arn:aws:iam::111122223333:role/worker", Some("shop-42"));
        let condition = &trusted["Statement"][0]["Condition"]["StringEquals"];
        assert_eq!(condition["sts:ExternalId"], "shop-42");
    }
}
