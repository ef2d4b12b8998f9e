//! Decodes a file's bytes to text for the parsers.

use crate::release::finding::{Position, TextProblem};

/// Decodes UTF-8 and removes a byte order mark.
///
/// # Errors
///
/// Why the bytes are not the text of a JSON or YAML file.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, TextProblem> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || is_wide(bytes) {
        return Err(TextProblem::Utf16);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = &bytes[..error.valid_up_to()];
        let before = std::str::from_utf8(valid).expect("valid up to here");
        TextProblem::NotUtf8 {
            position: end_of(before),
        }
    })?;
    if let Some(nul) = text.find('\0') {
        return Err(TextProblem::Nul {
            position: end_of(&text[..nul]),
        });
    }
    if text.trim().is_empty() {
        return Err(TextProblem::Empty);
    }
    if text.starts_with("version https://git-lfs.github.com/") {
        return Err(TextProblem::GitLfsPointer);
    }
    match merge_conflict(text) {
        Some(position) => Err(TextProblem::MergeConflict { position }),
        None => Ok(text),
    }
}

/// The position of an unresolved merge conflict.
fn merge_conflict(text: &str) -> Option<Position> {
    let begins = |line: &str| line.starts_with("<<<<<<< ");
    let line = text.lines().position(begins)?;
    let mut behind = text.lines().skip(line);
    behind
        .any(|line| line.starts_with(">>>>>>> "))
        .then_some(Position {
            line: line + 1,
            column: 1,
        })
}

/// Whether the bytes are UTF-16 without a byte order mark, which starts with
/// two ASCII characters.
fn is_wide(bytes: &[u8]) -> bool {
    matches!(bytes, [0, a, 0, b, ..] | [a, 0, b, 0, ..] if *a != 0 && *b != 0)
}

/// The position after `text`. Lines end with LF, CRLF or CR.
pub(super) fn end_of(text: &str) -> Position {
    let mut cursor = Cursor::new(text);
    cursor.advance(text.len())
}

/// Converts ascending byte offsets to positions in one pass over the text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    offset: usize,
    position: Position,
}

impl<'a> Cursor<'a> {
    /// Starts at the beginning of the text.
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            offset: 0,
            position: Position { line: 1, column: 1 },
        }
    }

    /// Returns the position of a byte offset. It must be on a character
    /// boundary and not less than the previous offset.
    pub(super) fn advance(&mut self, to: usize) -> Position {
        let passed = self.text.get(self.offset..to).unwrap_or_default();
        let mut characters = passed.chars().peekable();
        while let Some(character) = characters.next() {
            let before_lf = match characters.peek() {
                Some(next) => *next == '\n',
                None => self.text[to..].starts_with('\n'),
            };
            if character == '\n' || (character == '\r' && !before_lf) {
                self.position.line += 1;
                self.position.column = 1;
            } else {
                self.position.column += 1;
            }
        }
        self.offset = self.offset.max(to);
        self.position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: usize, column: usize) -> Position {
        Position { line, column }
    }

    #[test]
    fn marks_and_line_ends_of_all_systems_are_fine() {
        assert_eq!(decode(b"\xef\xbb\xbf{}"), Ok("{}"));
        assert_eq!(end_of("a\nb"), at(2, 2));
        assert_eq!(end_of("a\r\nb"), at(2, 2));
        assert_eq!(end_of("a\rb"), at(2, 2));
        assert_eq!(end_of("é→x"), at(1, 4));
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, expected) in [
            (&b""[..], TextProblem::Empty),
            (b"\xef\xbb\xbf \r\n", TextProblem::Empty),
            (b"\xff\xfe{\0}\0", TextProblem::Utf16),
            (b"{\0}\0", TextProblem::Utf16),
            (b"\0{\0}", TextProblem::Utf16),
            (
                b"{\n \xc3\x28}",
                TextProblem::NotUtf8 { position: at(2, 2) },
            ),
            (b"{\"a\": \"\0\"}", TextProblem::Nul { position: at(1, 8) }),
            (
                b"{\n<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n}",
                TextProblem::MergeConflict { position: at(2, 1) },
            ),
        ] {
            assert_eq!(decode(bytes), Err(expected));
        }
    }
}
