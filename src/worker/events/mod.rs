//! Release events for an EventBridge event bus.
//!
//! *An event follows an accepted report.* The worker queues an event for a
//! state only after CodePipeline has accepted the report that shows this state.
//! Otherwise an event could announce a success that the pipeline does not show.
//!
//! *Each state is sent once.* No list of sent states is stored. The
//! continuation token of a job shows how far its release had been reported, by
//! whichever worker, and only the states that the new report adds are queued.
//! Where the token is not exact, the worker's own memory (`facts`) is: it holds
//! the states that this worker has already queued. Two cases remain. If a
//! worker dies after a report was accepted and before its event was sent, the
//! event is lost. If the answer to a report was lost, an event may be sent
//! twice; both events then have the same id.
//!
//! *No release waits for an event.* Events wait in a bounded queue. One task
//! sends them with the worker's own role, retries a few times and then drops
//! them. A metric counts the dropped events.

mod detail;
mod facts;
mod sender;
mod sources;
mod state;
#[cfg(test)]
mod tests;

pub(super) use self::facts::Facts;
pub use self::sender::Events;
pub(super) use self::state::{Known, State, states_in_token};
