//! Reads the files that a caller names.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use serde_json::Value;

/// Reads a file that may have at most `limit` bytes. The size that it is said
/// to have does not matter: that of a device or of a pipe is zero.
///
/// # Errors
///
/// Why it cannot be read, in words that follow the file's name. If it has more,
/// the kind is [`ErrorKind::FileTooLarge`].
pub(super) fn read_limited(file: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than the limit shows that there is more.
    File::open(file)?.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(io::Error::new(
            ErrorKind::FileTooLarge,
            format!("it has more than {limit} bytes"),
        )),
        false => Ok(bytes),
    }
}

/// Parses JSON, with or without a byte order mark.
pub(super) fn parse_json(bytes: &[u8]) -> Result<Value, String> {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    serde_json::from_slice(text).map_err(|error| error.to_string())
}
