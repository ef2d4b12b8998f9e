//! The hands: poll for jobs, visit each, report exactly once. `visit` is the
//! file to read first.

mod abandon;
mod act;
mod ask;
mod board;
mod budget;
mod bundle;
mod claim;
mod crew;
mod diagnose;
pub mod endpoint;
mod fair_share;
mod first_looks;
mod gauges;
mod hand_back;
mod hands;
mod health;
mod images;
mod in_flight;
mod intake;
pub mod journal;
mod labels;
mod look;
mod look_on;
mod new_tasks;
mod observer;
mod outcome;
mod policies;
mod poll;
mod previous;
mod report;
mod resume;
mod reuse;
mod review;
mod role;
mod slots;
mod standing;
mod traced;
mod turn;
mod visit;
mod waiters;

pub use board::{ReleaseStanding, ReleaseState};
pub use hands::{Hands, Pace};
pub use health::Health;
pub use policies::{Buckets, PolicyKeeper, Reloaded, read_policies};
pub use poll::run;
