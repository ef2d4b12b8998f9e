//! The worker's settings: a TOML file, then the environment, then flags; a
//! later one wins. Every problem is reported, not only the first.

mod duration;
mod journal;
mod keys;
mod layers;
mod query;

pub use duration::{Rate, parse_duration, parse_rate};
pub use journal::JournalPlace;
pub use keys::{LogFormat, Settings};
pub use layers::{Flags, load};
pub use query::Query;

/// Something wrong with the settings, in words for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct SettingProblem {
    /// The variable, the flag, or the file with line and column.
    pub place: String,
    pub what: String,
}
