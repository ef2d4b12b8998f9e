//! Scans JSON text before parsing, to limit what the parser has to handle.

use super::text::end_of;
use crate::release::finding::{SyntaxCause, SyntaxProblem};

/// Maximum nesting depth. A task definition needs eight levels, and the parsers
/// recurse once per level.
pub const MAX_DEPTH: usize = 64;

/// Maximum number of values in a document. A parsed value takes some hundred
/// bytes of memory, its text as few as two. A task definition of 64 KB has a
/// few thousand values.
pub const MAX_VALUES: usize = 20_000;

/// Rejects text that nests too deeply, has too many values, or has line breaks
/// and control characters inside strings, which the parser would accept.
///
/// # Errors
///
/// The first such place.
pub(super) fn scan(text: &str) -> Result<(), SyntaxProblem> {
    let problem = |offset: usize, cause| SyntaxProblem {
        position: end_of(&text[..offset]),
        cause,
    };
    let bytes = text.as_bytes();
    let (mut depth, mut values, mut offset) = (0_usize, 0_usize, 0);
    while let Some(byte) = bytes.get(offset) {
        match byte {
            b'"' => {
                offset = string_end(bytes, offset).map_err(|(at, cause)| problem(at, cause))?;
            }
            b'/' => offset = comment_end(bytes, offset),
            b'{' | b'[' => {
                depth += 1;
                values += 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            b' ' | b'\t' | b'\n' | b'\r' => {}
            _ => {
                // JSON has four white-space characters, but the parser accepts
                // all of Unicode's.
                let character = text.get(offset..).and_then(|rest| rest.chars().next());
                if let Some(character) = character.filter(|c| c.is_whitespace()) {
                    return Err(problem(offset, SyntaxCause::Unexpected { character }));
                }
            }
        }
        if depth > MAX_DEPTH {
            return Err(problem(offset, SyntaxCause::TooDeep { limit: MAX_DEPTH }));
        }
        if values > MAX_VALUES {
            return Err(problem(
                offset,
                SyntaxCause::TooManyValues { limit: MAX_VALUES },
            ));
        }
        offset += 1;
    }
    Ok(())
}

/// The offset of the closing quote, or of the end of the text if there is none.
fn string_end(bytes: &[u8], start: usize) -> Result<usize, (usize, SyntaxCause)> {
    let mut offset = start + 1;
    while let Some(byte) = bytes.get(offset) {
        match byte {
            b'"' => return Ok(offset),
            b'\n' | b'\r' => return Err((start, SyntaxCause::Unclosed { what: "string" })),
            b'\\' => offset += 1,
            0..0x20 => return Err((offset, SyntaxCause::ControlCharacter)),
            _ => {}
        }
        offset += 1;
    }
    Ok(offset)
}

/// The offset of the comment's last byte, or `start` if no comment starts
/// there.
fn comment_end(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start..];
    let length = if rest.starts_with(b"//") {
        rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))
    } else if rest.starts_with(b"/*") {
        let end = rest[2..].windows(2).position(|pair| pair == b"*/");
        end.map(|end| end + 3)
    } else {
        Some(0)
    };
    length.map_or(bytes.len(), |length| start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(text: &str) -> Option<SyntaxCause> {
        scan(text).err().map(|problem| problem.cause)
    }

    #[test]
    fn depth_and_count_hold_at_their_edges() {
        assert_eq!(cause(&"[".repeat(MAX_DEPTH)), None);
        let deep = Some(SyntaxCause::TooDeep { limit: MAX_DEPTH });
        assert_eq!(cause(&"[".repeat(MAX_DEPTH + 1)), deep);
        assert_eq!(cause(&"[".repeat(10_000)), deep);

        assert_eq!(cause(&",".repeat(MAX_VALUES)), None);
        let many = Some(SyntaxCause::TooManyValues { limit: MAX_VALUES });
        assert_eq!(cause(&",".repeat(MAX_VALUES + 1)), many);
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let brackets = "[".repeat(MAX_DEPTH + 1);
        for text in [
            format!("\"{brackets}\""),
            format!("// {brackets}\n1"),
            format!("/* {brackets} */ 1"),
            format!("\"\\\"{brackets}\""),
        ] {
            assert_eq!(cause(&text), None, "{text}");
        }
    }

    #[test]
    fn only_the_blanks_of_json_are_blanks() {
        assert_eq!(cause(" \t\r\n1"), None);
        assert_eq!(cause("\"\u{a0}\""), None, "in a string it is text");
        for character in ['\u{b}', '\u{c}', '\u{a0}', '\u{2003}', '\u{3000}'] {
            let found = cause(&format!("{{{character}}}"));
            assert_eq!(found, Some(SyntaxCause::Unexpected { character }));
        }
    }

    #[test]
    fn a_tab_inside_a_string_is_found() {
        let problem = scan("{\n \"a\": \"x\ty\"}").expect_err("a tab");
        assert_eq!(problem.position.to_string(), "2:9");
        assert_eq!(problem.cause, SyntaxCause::ControlCharacter);
    }
}
