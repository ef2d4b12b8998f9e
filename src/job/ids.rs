//! Newtypes for identifiers that AWS assigns, so that they cannot be confused.

use std::fmt;

use serde::{Deserialize, Serialize};

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

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

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
    /// The id of a CodeDeploy deployment: `d-` and nine upper-case
    /// alphanumerics (docs/aws.md §5.1).
    DeploymentId
}

id! {
    /// The ARN of a registered revision, such as
    /// `arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7` (docs/aws.md
    /// §4.1).
    TaskDefinitionArn
}

id! {
    /// The release's identity across crashes and workers: the
    /// `actionExecutionId`. All jobs of one rollout have the same; a retry of
    /// the stage has a new one (docs/aws.md §1.4).
    Key
}
