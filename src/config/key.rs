//! The description of one setting.

use super::settings::Settings;

/// One key: its name, its default, and how to parse its value.
pub(super) struct Key {
    /// Name in the file; the variable is `BLUEGREEN_` and the name in capitals,
    /// the flag the name with dashes.
    pub(super) name: &'static str,
    /// What it sets, for `--help` and the settings page.
    pub(super) meaning: &'static str,
    /// Stands for the value in `--help`.
    pub(super) placeholder: &'static str,
    pub(super) unset: Unset,
    /// Accepted values, in a few words.
    pub(super) form: &'static str,
    /// Separator of the items, if the file may have an array of strings.
    pub(super) separator: Option<&'static str>,
    /// Whether SIGHUP is enough to change it, or a restart is needed.
    pub(super) reloads: bool,
    /// Masks the secret parts of the value.
    pub(super) mask: Option<fn(&str) -> String>,
    pub(super) read: fn(&str, &mut Settings) -> Result<(), String>,
}

/// What applies if a setting is not set.
#[derive(Clone, Copy)]
pub(super) enum Unset {
    /// This value.
    Value(&'static str),
    /// No value, which these words describe.
    Effect(&'static str),
    /// No value: the worker does without.
    Off,
}

impl Unset {
    pub(super) fn value(self) -> Option<&'static str> {
        match self {
            Self::Value(value) => Some(value),
            Self::Effect(_) | Self::Off => None,
        }
    }
}
