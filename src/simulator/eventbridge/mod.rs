//! The pretend EventBridge: event buses, and what was put on them.

mod call;
mod state;
#[cfg(test)]
mod tests;

pub use call::call;
pub use state::{EventBridge, PutEvent};
