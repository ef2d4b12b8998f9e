//! A setting's value and its source, for display.

use std::fmt;

use super::key::Key;

/// A value in force.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub fn is_as(&self, other: &Self) -> bool {
        self.name == other.name && self.raw == other.raw
    }
}

impl Source {
    /// The source, as the place of a problem with the value.
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
