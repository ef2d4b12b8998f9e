//! The AppSpec: from YAML or JSON to the JSON that CodeDeploy receives
//! (docs/aws.md §5.2).

mod content;
mod hooks;
mod keys;
mod network;
mod properties;
mod read;

pub use content::{AppSpec, AppSpecContent, Places};
pub use hooks::HOOKS;
