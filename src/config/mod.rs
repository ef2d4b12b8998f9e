//! The worker's settings from a TOML file, the environment and flags; a later
//! source overrides an earlier one. All problems are reported, not only the
//! first.

mod event_bus;
mod file;
mod flags;
mod hosts;
mod journal;
mod key;
mod keys;
mod layers;
mod log_filter;
mod query;
mod roles;
mod settings;
mod settings_page;
mod value;

pub use event_bus::EventBusName;
pub use flags::Flags;
pub use journal::JournalPlace;
pub use layers::{Loaded, load, load_all};
pub use log_filter::parse_log_filter;
pub use query::Query;
pub use settings::{LogFormat, Rate, Settings};
pub use settings_page::settings_page;
pub use value::{Source, Value};

/// A problem with the settings, with a message for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct SettingProblem {
    /// The variable, the flag, or the file with line and column.
    pub place: String,
    pub what: String,
}
