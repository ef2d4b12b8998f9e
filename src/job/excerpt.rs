//! Text of somebody else's, cut and cleaned so that it may stand in a message.

use std::fmt;

/// Characters of foreign text that a message repeats: enough to recognise an
/// image URI, and too few to fill a failure message (aws-facts §1.2).
pub const MAX_EXCERPT: usize = 120;

/// The beginning of a foreign text, on one line and without control
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Excerpt(String);

impl Excerpt {
    /// Takes what a message may repeat of `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self::within(text, MAX_EXCERPT)
    }

    /// Takes at most `limit` characters, where more than usual are wanted.
    #[must_use]
    pub fn within(text: &str, limit: usize) -> Self {
        let mut shown = String::new();
        for (count, character) in text.chars().enumerate() {
            if count == limit {
                shown.push('…');
                break;
            }
            if is_safe(character) {
                shown.push(character);
            } else {
                shown.push('\u{fffd}');
            }
        }
        Self(shown)
    }

    /// The text as it may be shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Neither a control character nor one that turns the direction of the text
/// or takes no room.
fn is_safe(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
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
    fn nothing_in_it_can_break_or_turn_a_line() {
        assert_eq!(Excerpt::of("a\nb\u{1b}[0m\u{202e}c").as_str(), "a�b�[0m�c");
    }
}
