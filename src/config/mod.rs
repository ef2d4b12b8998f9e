//! The worker's settings: a TOML file, then the environment, then flags; a
//! later one wins. Every problem is reported, not only the first.

mod duration;
mod event_bus;
mod file;
mod flags;
mod hosts;
mod journal;
mod keys;
mod layers;
mod log_filter;
mod query;
mod reference;
mod roles;
mod settings;
mod unknown;
mod value;

pub use duration::{Rate, parse_duration, parse_rate};
pub use event_bus::EventBusName;
pub use flags::Flags;
pub use journal::JournalPlace;
pub use layers::{Loaded, load, load_all};
pub use log_filter::parse_log_filter;
pub use query::Query;
pub use reference::reference;
pub use settings::{LogFormat, Settings};
pub use value::{Source, Value};

/// Something wrong with the settings, in words for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct SettingProblem {
    /// The variable, the flag, or the file with line and column.
    pub place: String,
    pub what: String,
}
