//! Unpacks one entry, within limits.

use std::io::Read;
use std::ops::Range;

use zip::read::OwnedZipFileEntry;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipReadOptions};

use super::sparse::Sparse;
use crate::release::bundle::{MAX_FILE_BYTES, MAX_FILES_BYTES, Unreadable};

/// How much longer deflate may make bytes that it cannot compress: five bytes
/// per block of at most 64 KiB, rounded up generously.
const MAX_OVERHEAD: u64 = 4096;

/// Length of a local header without its name and extra fields.
const LOCAL_HEADER: u64 = 30;

/// Allowance for the local header's extra fields, whose length only the header
/// itself states. Zip writers use a few dozen bytes.
const LOCAL_EXTRA: u64 = 512;

/// Checks that the entry's kind and size are supported. Uses only the central
/// directory. Of the `room` in bytes that an artifact's files may take, returns
/// what the entry leaves.
pub(super) fn check(entry: &OwnedZipFileEntry, room: u64) -> Result<u64, Unreadable> {
    let entry = entry.as_ref();
    if entry.is_dir() {
        return Err(Unreadable::IsADirectory);
    }
    if entry.is_symlink() {
        return Err(Unreadable::SymbolicLink);
    }
    if entry.encrypted() {
        return Err(Unreadable::Encrypted);
    }
    let method = entry.compression();
    if method != CompressionMethod::Stored && method != CompressionMethod::Deflated {
        return Err(Unreadable::UnsupportedCompression {
            method: method.to_string(),
        });
    }
    if entry.size() > MAX_FILE_BYTES {
        return Err(too_large(entry.size()));
    }
    if entry.compressed_size() > MAX_FILE_BYTES + MAX_OVERHEAD {
        return Err(too_large(entry.compressed_size()));
    }
    // Unpacking checks that the size is true.
    let left = room.checked_sub(entry.size());
    left.ok_or(Unreadable::TooLargeTogether {
        limit: MAX_FILES_BYTES,
    })
}

/// The probable range of the entry's header and contents.
pub(super) fn extent(entry: &OwnedZipFileEntry) -> Range<u64> {
    let entry = entry.as_ref();
    let start = entry.header_start();
    let length = LOCAL_HEADER
        .saturating_add(entry.name_raw().len() as u64)
        .saturating_add(LOCAL_EXTRA)
        .saturating_add(entry.compressed_size());
    start..start.saturating_add(length)
}

/// Returns the entry's contents. Trusts the central directory, as most zip
/// readers do; of the local header only the length is used.
pub(super) fn unpack(file: &mut Sparse, entry: &OwnedZipFileEntry) -> Result<Vec<u8>, Unreadable> {
    let declared = entry.as_ref().size();
    let contents = entry
        .as_ref()
        .with_reader(file, ZipReadOptions::new())
        .map_err(|error| damaged(&error))?;
    let mut bytes = Vec::new();
    contents
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| damaged(&ZipError::Io(error)))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large(bytes.len() as u64));
    }
    if bytes.len() as u64 != declared {
        return Err(Unreadable::DamagedEntry {
            detail: format!("it has {} bytes and should have {declared}", bytes.len()),
        });
    }
    Ok(bytes)
}

fn too_large(bytes: u64) -> Unreadable {
    Unreadable::TooLarge {
        bytes,
        limit: MAX_FILE_BYTES,
    }
}

fn damaged(error: &ZipError) -> Unreadable {
    // An I/O error's own message is enough, without the library's prefix.
    let detail = if let ZipError::Io(error) = error {
        error.to_string()
    } else {
        error.to_string()
    };
    Unreadable::DamagedEntry { detail }
}
