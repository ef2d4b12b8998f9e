//! The rollout as a state machine: one file per step, with what the step must
//! see, its decision and its timeout. Pure.
//!
//! ```text
//!             ┌──────────┐ busy                      ┌─────────────┐
//!  first ───► │ Starting │◄────┐          failed ───►│ RollingBack │──► fail
//!  job        └────┬─────┘     │          stopped    └─────────────┘
//!                  │ register  │             │
//!             ┌────▼───────┐───┘        ┌────┴──────┐
//!             │ Registered │───────────►│ Deploying │──► succeed
//!             └────────────┘   create   └───────────┘
//! ```

pub mod call_error;
pub mod cause;
pub mod decision;
pub mod denial;
pub mod deploying;
pub mod description;
pub mod ended;
pub mod ending;
pub mod evidence;
pub mod failure;
pub mod new_tasks;
pub mod outage;
pub mod progress;
pub mod registered;
pub mod rolling_back;
pub mod seen;
pub mod shift;
pub mod stage;
pub mod starting;
mod status_names;
pub mod step;
pub mod token;

#[cfg(test)]
mod tests;
