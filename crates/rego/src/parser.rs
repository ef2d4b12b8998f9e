//! The parser of regorus: its limits and its messages.

use std::num::NonZeroU32;

use regorus::unstable::{Module, Parser, Ref};
use regorus::{PolicyLengthConfig, Source};

/// The longest line, in characters. Public policy sets have whole documents on
/// one line, a third as long as this; regorus allows 1,024 by default.
pub const MAX_LINE: u32 = 256 * 1024;

/// The most characters of a message that names no place.
const MAX_MESSAGE: usize = 1_000;

/// Parses a text in one dialect, as regorus does.
///
/// # Errors
///
/// The error with file, line and column.
pub(super) fn parse_as(path: &str, text: &str, is_v0: bool) -> Result<Ref<Module>, String> {
    let parse = || {
        let limits = PolicyLengthConfig::default();
        let (bytes, lines) = (limits.max_file_bytes, limits.max_lines);
        let (path, text) = (path.to_owned(), text.to_owned());
        let source = Source::from_contents_with_limits(path, text, bytes, lines)?;
        let mut parser = Parser::new(&source)?;
        // regorus counts the position behind the end of the line as well.
        parser.set_max_col(NonZeroU32::MIN.saturating_add(MAX_LINE));
        if !is_v0 {
            parser.enable_rego_v1()?;
        }
        parser.parse()
    };
    parse().map(Ref::new).map_err(|error| in_one_line(&error))
}

/// Reduces a message of regorus, which quotes the source, to `place: message`.
pub fn in_one_line(error: &impl std::fmt::Display) -> String {
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
        _ => {
            let words: Vec<&str> = text.split_whitespace().collect();
            words.join(" ").chars().take(MAX_MESSAGE).collect()
        }
    }
}
