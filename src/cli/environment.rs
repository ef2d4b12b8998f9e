//! The environment of this process, as settings are read from it.

use std::collections::BTreeMap;

/// Variables that are no text are nobody's settings.
pub(super) fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
