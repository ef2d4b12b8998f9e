//! The texts of an error and its sources, fit for logs and messages.

use std::error::Error;

use crate::job::excerpt::{first_chars, is_safe};

/// Maximum length of an error's code, in characters; the longest of AWS's own
/// have about 60.
pub(super) const MAX_CODE: usize = 100;

/// An error's message followed by those of its sources.
pub(super) fn with_sources(error: &(dyn Error + 'static)) -> String {
    let words: Vec<String> = chain(error).map(ToString::to_string).collect();
    words.join(": ")
}

pub(super) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        (*error).source()
    })
}

/// The first `limit` characters of a text on one line, without control
/// characters: it goes into logs and messages, and the response may not come
/// from AWS.
pub(super) fn clean_line(text: &str, limit: usize) -> String {
    let clean = |character: char| match character {
        '\n' | '\r' | '\t' => ' ',
        character if is_safe(character) => character,
        _ => char::REPLACEMENT_CHARACTER,
    };
    first_chars(text, limit).chars().map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_says_is_one_clean_line() {
        let hostile = "a\r\nWhat to do: \u{1b}[2J\u{202e}x";
        assert_eq!(clean_line(hostile, 100), "a  What to do: �[2J�x");
        assert_eq!(clean_line("äöü", 2), "äö");
    }
}
