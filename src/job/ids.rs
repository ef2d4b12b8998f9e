//! Newtypes for identifiers that AWS assigns, so that they cannot be confused.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Engine;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text unchanged.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The unchanged text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

macro_rules! shown_unchanged {
    ($($name:ident),*) => {
        $(impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        })*
    };
}

shown_unchanged!(JobId, Nonce, TaskDefinitionArn, Key);

id! {
    /// The id of a CodePipeline job: a lower-case UUID, new for every job
    /// (docs/aws.md §1.2).
    JobId
}

id! {
    /// Proves to `AcknowledgeJob` that this worker has polled the job; 1–50
    /// characters (docs/aws.md §1.2).
    Nonce
}

id! {
    /// The ARN of a registered revision, such as
    /// `arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7` (docs/aws.md
    /// §4.1).
    TaskDefinitionArn
}

id! {
    /// What names a revision: a family, which stands for its newest one, a
    /// family with its revision, such as `web:7`, or an ARN.
    TaskDefinitionName
}

impl From<&TaskDefinitionArn> for TaskDefinitionName {
    fn from(arn: &TaskDefinitionArn) -> Self {
        Self(arn.0.clone())
    }
}

id! {
    /// The release's identity across crashes and workers: the
    /// `actionExecutionId`. All jobs of one rollout have the same; a retry of
    /// the stage has a new one (docs/aws.md §1.4).
    Key
}

id! {
    /// A deployment: the id that CodeDeploy gives, `d-` and nine upper-case
    /// alphanumerics (docs/aws.md §5.1), or the ARN of one of ECS's own service
    /// deployments (§6.4).
    DeploymentId
}

impl DeploymentId {
    /// Who shifts the traffic.
    #[must_use]
    pub fn engine(&self) -> Engine {
        if self.0.starts_with("arn:") {
            Engine::Ecs
        } else {
            Engine::CodeDeploy
        }
    }
}

/// As people know it: CodeDeploy's id, or `CLUSTER/SERVICE/ID` of ECS's ARN.
impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = self.0.split_once(":service-deployment/");
        f.write_str(short.map_or(self.0.as_str(), |(_, short)| short))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_is_shown_as_people_know_it() {
        let codedeploy = DeploymentId::new("d-A1B2C3D4E");
        assert_eq!(codedeploy.to_string(), "d-A1B2C3D4E");
        assert_eq!(codedeploy.engine(), Engine::CodeDeploy);
        let arn =
            "arn:aws:ecs:eu-west-1:111122223333:service-deployment/demo/shop/EZe5RNVLH6PPzHXINuP28";
        let ecs = DeploymentId::new(arn);
        assert_eq!(ecs.to_string(), "demo/shop/EZe5RNVLH6PPzHXINuP28");
        assert_eq!((ecs.engine(), ecs.as_str()), (Engine::Ecs, arn));
    }
}
