//! The environment variables that settings are read from.

use std::collections::BTreeMap;

/// The variables of this process. Those that are not UTF-8 cannot be settings
/// and are skipped.
pub(super) fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Whether the environment allows colours.
pub(super) fn may_colour(environment: &BTreeMap<String, String>) -> bool {
    // https://no-color.org: any value counts, except an empty one.
    let unwanted = environment.get("NO_COLOR");
    unwanted.is_none_or(String::is_empty)
}
