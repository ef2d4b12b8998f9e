//! JSON that is printed.

use std::fmt::Write as _;

use serde_json::Value;

use crate::job::excerpt::is_safe;

/// The value on several lines. Characters that a terminal could obey are
/// escaped; of these, JSON itself requires it only of those below U+0020. All
/// of them are within strings.
pub(super) fn json_text(value: &Value) -> String {
    let mut text = String::new();
    for character in format!("{value:#}\n").chars() {
        if is_safe(character) || character == '\n' {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_means_the_same() {
        let value = json!({ "ä": ["\u{1b}[2J\u{9b}2J", "\u{202e}\u{e0001}\n"] });
        let text = json_text(&value);
        assert!(text.chars().all(|c| is_safe(c) || c == '\n'), "{text:?}");
        assert!(text.contains("\\u009b2J"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
