//! The environment variables that settings are read from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::IsTerminal;

/// The variables of this process. In one that is not UTF-8, U+FFFD stands for
/// what is not: a setting with it is refused, and not passed over.
pub(super) fn environment() -> BTreeMap<String, String> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    std::env::vars_os()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

/// Whether to print colours to this stream.
pub(super) fn is_coloured(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && may_colour(&environment())
}

/// Whether the environment allows colours.
pub(super) fn may_colour(environment: &BTreeMap<String, String>) -> bool {
    // https://no-color.org: any value counts, except an empty one.
    let unwanted = environment.get("NO_COLOR");
    unwanted.is_none_or(String::is_empty)
}
