//! Describes a file that is not a zip archive, by its first bytes.

/// How many of the first bytes to inspect: a tar header takes one block.
pub(super) const HEAD_BYTES: usize = 512;

/// Signatures: offset, bytes and description.
const SIGNATURES: [(usize, &[u8], &str); 10] = [
    (0, b"PK\x03\x04", "a truncated zip archive"),
    (0, b"\x1f\x8b", "a gzip file, such as a .tar.gz"),
    (257, b"ustar", "a tar archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"BZh", "a bzip2 file"),
    (0, b"\xfd7zXZ\x00", "an xz file"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (0, b"\x7fELF", "a program"),
    (0, b"%PDF", "a PDF document"),
];

/// Describes what `head`, the start of a file, looks like.
pub(super) fn looks_like(head: &[u8]) -> Option<&'static str> {
    let signature = SIGNATURES.iter().find(|(offset, bytes, _)| {
        head.get(*offset..)
            .is_some_and(|rest| rest.starts_with(bytes))
    });
    match signature {
        Some((_, _, words)) => Some(words),
        None => text(head),
    }
}

fn text(head: &[u8]) -> Option<&'static str> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let is_text = head
        .iter()
        .all(|byte| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r'));
    if head.is_empty() || !is_text || is_not_utf8(head) {
        return None;
    }
    match head.trim_ascii_start().first() {
        Some(b'{' | b'[') => Some("a JSON document"),
        Some(b'<') => Some("an XML or HTML document"),
        Some(_) | None => Some("a plain text file"),
    }
}

/// Whether `head` is not UTF-8. A character cut off at the end is allowed.
fn is_not_utf8(head: &[u8]) -> bool {
    std::str::from_utf8(head).is_err_and(|error| error.error_len().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_files_are_distinguished() {
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        for (head, expected) in [
            (&b"PK\x03\x04rest"[..], Some("a truncated zip archive")),
            (b"\x1f\x8b\x08\x00", Some("a gzip file, such as a .tar.gz")),
            (&tar, Some("a tar archive")),
            (b"7z\xbc\xaf\x27\x1c\x00", Some("a 7z archive")),
            (b"{\"family\": 1}", Some("a JSON document")),
            (b"\xef\xbb\xbf\n [1]", Some("a JSON document")),
            (b"<Error/>", Some("an XML or HTML document")),
            (b"version: 0.0\n", Some("a plain text file")),
            ("f\u{fc}r".as_bytes(), Some("a plain text file")),
            (b"caf\xc3", Some("a plain text file")),
            (b"\xff\xfe\x41", None),
            (b"\x00\x01\x02", None),
            (b"", None),
        ] {
            assert_eq!(looks_like(head), expected, "{head:?}");
        }
    }
}
