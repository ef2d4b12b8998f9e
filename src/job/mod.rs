//! What we were asked: the job as it was offered, the request its
//! configuration makes, the token it carries and the report it ends in. Pure.

pub mod action_type;
pub mod excerpt;
mod ids;
mod nearest;
pub mod offer;
pub mod options;
pub mod permissions;
pub mod report;
pub mod request;
mod role;
pub mod token;

pub use excerpt::{Excerpt, MAX_EXCERPT};
pub use ids::{DeploymentId, JobId, Key, Nonce, TaskDefinitionArn};
pub use nearest::nearest;
pub use role::AllowedRole;
