//! The few files of a job's input artifacts that a release is made of.

use std::collections::BTreeMap;
use std::fmt;

use crate::job::request::FileRef;

/// The largest file that is read out of an artifact, expanded. A task
/// definition may have 64 KB (aws-facts §4.3); this leaves room for comments
/// and white space and keeps 32 hostile jobs well inside the memory limit.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Each requested file: its bytes, or why it could not be had.
#[derive(Clone, Default, PartialEq)]
pub struct Bundle {
    pub files: BTreeMap<FileRef, Result<Vec<u8>, Unreadable>>,
}

/// Without the files' bytes.
impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes = self.files.iter().map(|(file, read)| {
            let size = read.as_ref().map(|bytes| format!("{} bytes", bytes.len()));
            (file, size)
        });
        f.debug_map().entries(sizes).finish()
    }
}

/// Why a file of an artifact cannot be used, whoever tries again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The artifact's object is not in the bucket.
    ArtifactMissing { bucket: String, key: String },
    /// The object was replaced between two reads of it.
    ArtifactChanged,
    /// The object is empty.
    ArtifactEmpty,
    /// No zip archive, or a truncated one; `looks_like` names what it is
    /// instead, where its first bytes tell.
    NotAZip { looks_like: Option<&'static str> },
    /// The archive's directory cannot be read.
    DamagedArchive { detail: String },
    /// More entries than are read.
    TooManyEntries { entries: u64, limit: u64 },
    /// The archive's directory is larger than is read.
    DirectoryTooLarge { bytes: u64, limit: u64 },
    /// No entry has this name; `nearest` lists the names most like it.
    NoSuchEntry { nearest: Vec<String> },
    /// The name stands for a directory.
    IsADirectory,
    /// The name stands for a symbolic link, which is not followed.
    SymbolicLink,
    /// Several entries have this name.
    DuplicateEntry,
    /// The entry needs a password.
    Encrypted,
    /// The entry is compressed in a way that is not read.
    UnsupportedCompression { method: String },
    /// The entry is larger than is read.
    TooLarge { bytes: u64, limit: u64 },
    /// The entry's bytes do not fit its checksum, size or encoding.
    DamagedEntry { detail: String },
}
