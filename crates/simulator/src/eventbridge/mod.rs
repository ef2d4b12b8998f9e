//! Simulated EventBridge: event buses and the events put on them.

mod call;
mod state;

pub use call::call;
pub use state::{EventBridge, PutEvent};
