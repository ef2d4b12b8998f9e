//! The pretend Ecs.

/// Ecs's state.
#[derive(Debug, Default)]
pub struct Ecs {}
