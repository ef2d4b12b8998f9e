//! The environment variables that settings are read from.

use std::collections::BTreeMap;

/// The variables of this process. Those that are not UTF-8 cannot be settings
/// and are skipped.
pub(super) fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
