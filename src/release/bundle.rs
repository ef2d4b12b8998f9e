//! The files from a job's input artifacts that make up a release.

use std::collections::BTreeMap;
use std::fmt;

use crate::job::request::FileRef;

/// Maximum size of a file from an artifact, uncompressed. A task definition may
/// have 64 KB (docs/aws.md §4.3). This leaves room for comments and white
/// space, and keeps 32 hostile jobs well within the memory limit.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Maximum size of all files that are read from one artifact, uncompressed. An
/// action may name 40 files with images, of a few hundred bytes each.
pub const MAX_FILES_BYTES: u64 = MAX_FILE_BYTES + 256 * 1024;

/// Each requested file: its bytes, or why it could not be read.
#[derive(Clone, Default, PartialEq)]
pub struct Bundle {
    pub files: BTreeMap<FileRef, Result<Vec<u8>, Unreadable>>,
}

impl Bundle {
    /// The size of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let files = self.files.values().flatten();
        files.map(|bytes| bytes.len() as u64).sum()
    }
}

/// Omits the files' bytes.
impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes = self.files.iter().map(|(file, read)| {
            let size = read.as_ref().map(|bytes| format!("{} bytes", bytes.len()));
            (file, size)
        });
        f.debug_map().entries(sizes).finish()
    }
}

/// Why a file of an artifact cannot be used. A retry would not help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The artifact's object is not in the bucket.
    ArtifactMissing { bucket: String, key: String },
    /// The object was replaced during the read.
    ArtifactChanged,
    /// The object is empty.
    ArtifactEmpty,
    /// Not a zip archive, or a truncated one. `looks_like` describes the file,
    /// if its first bytes are recognised.
    NotAZip { looks_like: Option<&'static str> },
    /// The archive's directory cannot be read.
    DamagedArchive { detail: String },
    /// More entries than the limit.
    TooManyEntries { entries: u64, limit: u64 },
    /// The archive's directory is larger than the limit.
    DirectoryTooLarge { bytes: u64, limit: u64 },
    /// No entry has this name. `nearest` lists the most similar names.
    NoSuchEntry { nearest: Vec<String> },
    /// The entry is a directory.
    IsADirectory,
    /// The entry is a symbolic link. Links are not followed.
    SymbolicLink,
    /// Several entries have this name.
    DuplicateEntry,
    /// The entry is encrypted.
    Encrypted,
    /// The compression method is not supported.
    UnsupportedCompression { method: String },
    /// The entry is larger than the limit.
    TooLarge { bytes: u64, limit: u64 },
    /// With the files read before it, the entry exceeds the limit of an artifact.
    TooLargeTogether { limit: u64 },
    /// The entry's bytes do not match its checksum, size or encoding.
    DamagedEntry { detail: String },
}
