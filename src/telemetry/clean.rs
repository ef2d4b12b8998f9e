//! Escapes text from outside, so that it cannot break a log line, change the
//! text direction or send control sequences to the terminal.

use std::borrow::Cow;

use crate::job::excerpt::is_safe;

/// Replaces every unsafe character with its escape, such as `\\n` and
/// `\\u{1b}`.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_safe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_safe(character) {
            shown.push(character);
        } else {
            shown.extend(character.escape_default());
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unsafe_is_shown_and_does_nothing() {
        assert_eq!(clean("plain ä"), "plain ä");
        let hostile = "a\r\nb\t\u{1b}[31m\u{9b}\u{202e}\u{2028}";
        let shown = r"a\r\nb\t\u{1b}[31m\u{9b}\u{202e}\u{2028}";
        assert_eq!(clean(hostile), shown);
    }
}
