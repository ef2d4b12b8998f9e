//! Truncates texts to the lengths that AWS accepts, and cleans them. Every
//! outgoing message passes through here.

use crate::job::excerpt::clean_lines;

/// Marks the point where a text was cut.
const CUT: &str = " …";

/// `text` with at most `limit` characters; a longer one ends in an ellipsis.
/// Removes control characters except line breaks.
#[must_use]
pub fn fit(text: &str, limit: usize) -> String {
    let text = clean_lines(text);
    if text.chars().count() <= limit {
        return text;
    }
    let keep = limit.saturating_sub(CUT.chars().count());
    let mut cut: String = text.chars().take(keep).collect();
    cut.truncate(cut.trim_end().len());
    cut.extend(CUT.chars().take(limit));
    cut
}

/// An untrusted text on one line, with at most `limit` characters.
#[must_use]
pub fn fit_line(text: &str, limit: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    fit(&words.join(" "), limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_at_the_limit_stays_and_one_beyond_is_cut() {
        assert_eq!(fit("äöüäö", 5), "äöüäö");
        assert_eq!(fit("äöüäöü", 5), "äöü …");
        assert_eq!(fit("a b c d", 5), "a b …");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(fit_line(" a\n\tb  c ", 20), "a b c");
        assert_eq!(fit("a\u{1b}[31m\u{202e}\nb", 20), "a�[31m�\nb");
        for limit in 0..8 {
            assert!(fit("abcdefgh", limit).chars().count() <= limit);
        }
    }
}
