//! Events on a bus of EventBridge that tell how releases go.
//!
//! *What is told is what CodePipeline took.* A state is told after the report
//! that shows it has been taken, and never before: nobody is told of a success
//! that the pipeline does not have.
//!
//! *Each state is told once.* Which ones have been, nobody stores. The token
//! that a job came with says how far its release had been reported, by
//! whichever worker, and only what the next report adds to that is told. A
//! worker's own memory (`facts`) knows better where the token is not exact. So
//! a worker that dies after a report was taken and before its event was sent
//! leaves a gap, and one whose report's answer was lost may tell twice; then
//! both events have the same id.
//!
//! *No release waits for an event.* Events wait in a queue of a certain length
//! for a task that sends them with the worker's own role, tries a few times and
//! then gives up. What was not sent is counted.

mod detail;
mod facts;
mod sender;
mod sources;
mod state;
#[cfg(test)]
mod tests;

pub(super) use self::facts::Facts;
pub use self::sender::Events;
pub(super) use self::state::{State, passed};
