//! One setting's value with where it came from, for people to read.

use std::fmt;

use super::keys::Key;

/// A value in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub name: &'static str,
    /// As it was written, without what is nobody else's business; `None` where
    /// nothing is set.
    pub text: Option<String>,
    pub source: Source,
    /// Whether SIGHUP is enough to change it.
    pub reloads: bool,
    /// What tells it from another value, also where that is not shown.
    raw: Option<String>,
}

/// Where a value came from; a later one wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Default,
    /// The service manager's directory for state.
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

    /// Whether both mean the same, wherever they came from.
    #[must_use]
    pub fn is_as(&self, other: &Self) -> bool {
        self.name == other.name && self.raw == other.raw
    }
}

impl Source {
    /// For a problem with the value.
    pub(super) fn place(&self) -> String {
        self.to_string()
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
