//! The parser of regorus: its limits and its messages.

use std::num::NonZeroU32;

use regorus::{Engine, PolicyLengthConfig};

use super::rule_findings::limited;

/// The longest line, in characters. Public policy sets have whole documents on
/// one line, a third as long as this; regorus allows 1,024 by default.
pub(super) const MAX_LINE: u32 = 256 * 1024;

/// An engine without policies.
pub(super) fn engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_policy_length_config(PolicyLengthConfig {
        // regorus counts the position behind the end of the line as well.
        max_col: NonZeroU32::MIN.saturating_add(MAX_LINE),
        ..PolicyLengthConfig::default()
    });
    engine
}

/// Reduces a message of regorus, which quotes the source, to `place: message`.
pub(super) fn in_one_line(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let place = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("--> "))
        .map(str::trim);
    let what = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("error: "))
        .map(str::trim);
    match (place, what) {
        (Some(place), Some(what)) => format!("{place}: {what}"),
        _ => limited(&text.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}
