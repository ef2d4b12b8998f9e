//! The settings that an operator may change while the worker runs.

use std::sync::Arc;

use super::tuning::Tuning;
use crate::job::AllowedRole;
use crate::policy::Gate;

/// Settings that a job keeps as they were when it started.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) tuning: Tuning,
    /// Judges every release before anything is registered.
    pub(super) policy: Option<Arc<Gate>>,
    /// The roles that an action may name.
    pub(super) roles: Arc<[AllowedRole]>,
}
