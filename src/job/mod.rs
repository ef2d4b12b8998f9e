//! Types for a CodePipeline job: the job as polled, the request in its
//! configuration, the continuation token and the final report. No I/O.

pub mod action_type;
mod action_version;
pub mod continuation_token;
pub mod duration;
pub mod excerpt;
mod ids;
mod nearest;
pub mod offer;
pub mod options;
pub mod permissions;
mod region;
pub mod report;
pub mod request;
mod role;
mod target;

pub use action_version::ActionVersion;
pub use excerpt::{Excerpt, MAX_EXCERPT};
pub use ids::{DeploymentId, JobId, Key, Nonce, TaskDefinitionArn, TaskDefinitionName};
pub use nearest::nearest;
pub use region::is_region;
pub use role::{AllowedRole, RoleArn, is_account, is_external_id, is_plain_name};
pub use target::{DeployTarget, Engine, GroupName, ServiceName};
