//! The pretend CodeDeploy.

/// CodeDeploy's state.
#[derive(Debug, Default)]
pub struct CodeDeploy {}
