//! Truncates and cleans untrusted text for use in messages.

use std::fmt;

/// Maximum length of an excerpt in characters: enough to recognise an image
/// URI, and too short to fill a failure message (docs/aws.md §1.2).
pub const MAX_EXCERPT: usize = 120;

/// The beginning of an untrusted text, on one line and without control
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Excerpt(String);

impl Excerpt {
    /// Cleans `text` and keeps at most [`MAX_EXCERPT`] characters.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self::within(text, MAX_EXCERPT)
    }

    /// Like [`Self::of`], with a limit of `limit` characters.
    #[must_use]
    pub fn within(text: &str, limit: usize) -> Self {
        let mut shown = String::new();
        for (count, character) in text.chars().enumerate() {
            if count == limit {
                shown.push('…');
                break;
            }
            shown.push(if is_safe(character) {
                character
            } else {
                char::REPLACEMENT_CHARACTER
            });
        }
        Self(shown)
    }

    /// The cleaned text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The first `limit` characters of a text, as they are.
#[must_use]
pub fn first_chars(text: &str, limit: usize) -> &str {
    text.char_indices()
        .nth(limit)
        .map_or(text, |(end, _)| &text[..end])
}

/// Whether a character of an untrusted text may be shown. Rejects control
/// characters, line and paragraph separators, and characters that change the
/// text direction or have no width. Logs, messages and printed output all use
/// this function.
#[must_use]
pub fn is_safe(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Cleans a text of several lines that contains untrusted parts. Keeps line
/// breaks.
#[must_use]
pub fn clean_lines(text: &str) -> String {
    let clean = |character: char| match character {
        '\n' => '\n',
        '\t' => ' ',
        character if is_safe(character) => character,
        _ => char::REPLACEMENT_CHARACTER,
    };
    text.chars().map(clean).collect()
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Excerpt {
    fn from(text: &str) -> Self {
        Self::of(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_at_the_limit() {
        let whole = "x".repeat(MAX_EXCERPT);
        assert_eq!(Excerpt::of(&whole).as_str(), whole);
        let cut = Excerpt::of(&format!("{whole}x"));
        assert_eq!(cut.as_str(), format!("{whole}…"));
    }

    #[test]
    fn the_first_characters_are_whole() {
        assert_eq!(first_chars("äöü", 3), "äöü");
        assert_eq!(first_chars("äöüß", 3), "äöü");
        assert_eq!(first_chars("äöü", 0), "");
    }

    #[test]
    fn nothing_in_it_can_break_or_turn_a_line() {
        assert_eq!(Excerpt::of("a\nb\u{1b}[0m\u{202e}c").as_str(), "a�b�[0m�c");
        let controls = (0..=0x1f).chain(0x7f..=0x9f);
        let others = [0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0xfeff, 0xe0001];
        let turning = (0x202a..=0x202e).chain(0x2066..=0x2069);
        for code in controls.chain(turning).chain(others) {
            let character = char::from_u32(code).unwrap();
            assert!(!is_safe(character), "{code:x}");
        }
        for character in "aä→…'\"\\ ✓𝒳".chars() {
            assert!(is_safe(character), "{character}");
        }
    }

    #[test]
    fn several_lines_stay_several_lines() {
        let text = "one\ntwo\r\n\tthree\u{9b}31m\u{2029}";
        assert_eq!(clean_lines(text), "one\ntwo�\n three�31m�");
    }
}
