//! A setting's value and its source, for display.

use std::fmt;

use super::key::Key;

/// A value in force.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    pub name: &'static str,
    /// As written, with secrets masked; `None` if nothing is set.
    pub text: Option<String>,
    pub source: Source,
    /// Whether SIGHUP is enough to change it, without a restart.
    pub reloads: bool,
    /// The unmasked text, used to detect changes.
    raw: Option<String>,
}

/// Source of a value; a later variant overrides an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Default,
    /// The service manager's state directory, `$STATE_DIRECTORY`.
    StateDirectory,
    /// File, line and column.
    File(String),
    Variable(String),
    Flag(String),
}

impl Value {
    pub(super) fn new(key: &Key, raw: Option<&str>, source: Source) -> Self {
        Self {
            name: key.name,
            text: raw.map(|raw| key.mask.map_or_else(|| raw.to_owned(), |mask| mask(raw))),
            source,
            reloads: key.reloads,
            raw: raw.map(str::to_owned),
        }
    }

    /// Whether both have the same value, whatever their sources.
    #[must_use]
    pub fn has_same_value(&self, other: &Self) -> bool {
        self.name == other.name && self.raw == other.raw
    }
}

/// Leaves out the unmasked text.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Value")
            .field("name", &self.name)
            .field("text", &self.text)
            .field("source", &self.source)
            .field("reloads", &self.reloads)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::StateDirectory => f.write_str("STATE_DIRECTORY"),
            Self::File(place) => f.write_str(place),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}
