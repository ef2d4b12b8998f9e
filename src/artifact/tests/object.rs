//! An S3 object in memory. Large objects consist mostly of zeros.

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::artifact::{LargeReads, ReadFailure, read_files};
use crate::job::offer::InputArtifact;
use crate::ports::{ArtifactReader, ByteRange, CallError, CallErrorKind, ETag, Piece, ReadError};
use crate::release::bundle::Unreadable;

/// A run of an object's bytes.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Bytes(Vec<u8>),
    Zeros(u64),
}

impl Part {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Zeros(count) => *count,
        }
    }
}

/// The object, the reads so far, and when it is replaced.
#[derive(Debug, Default)]
pub(super) struct Object {
    parts: Vec<Part>,
    /// Lengths of the pieces that were read.
    reads: Mutex<Vec<u64>>,
    /// The ETag changes each time after this many reads.
    replaced_every: Option<usize>,
    pub(super) error: Option<fn() -> ReadError>,
}

impl Object {
    pub(super) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self::of_parts(vec![Part::Bytes(bytes.into())])
    }

    pub(super) fn of_parts(parts: Vec<Part>) -> Self {
        Self {
            parts,
            ..Self::default()
        }
    }

    pub(super) fn replaced_every(mut self, reads: usize) -> Self {
        self.replaced_every = Some(reads);
        self
    }

    pub(super) fn requests(&self) -> usize {
        self.reads.lock().len()
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.reads.lock().iter().sum()
    }

    /// Reads one file from the object as an archive.
    pub(super) async fn file(&self, path: &str) -> Result<Vec<u8>, Unreadable> {
        let mut files = self.files(&[path]).await.unwrap();
        files.remove(path).unwrap()
    }

    pub(super) async fn files(
        &self,
        paths: &[&str],
    ) -> Result<crate::artifact::Files, ReadFailure> {
        read_files(self, &artifact(), paths, &LargeReads::default()).await
    }

    fn slice(&self, start: u64, end: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut at = 0;
        for part in &self.parts {
            let from = start.clamp(at, at + part.len()) - at;
            let to = end.clamp(at, at + part.len()) - at;
            match part {
                Part::Bytes(all) => {
                    bytes.extend_from_slice(&all[from as usize..to as usize]);
                }
                Part::Zeros(_) => bytes.resize(bytes.len() + (to - from) as usize, 0),
            }
            at += part.len();
        }
        bytes
    }
}

#[async_trait]
impl ArtifactReader for Object {
    async fn read(
        &self,
        _artifact: &InputArtifact,
        range: ByteRange,
        pinned: Option<&ETag>,
    ) -> Result<Piece, ReadError> {
        if let Some(fail) = self.error {
            return Err(fail());
        }
        let mut reads = self.reads.lock();
        let version = self.replaced_every.map_or(0, |every| reads.len() / every);
        let etag = ETag(format!("\"{version}\""));
        if pinned.is_some_and(|pinned| *pinned != etag) {
            reads.push(0);
            return Err(ReadError::Changed);
        }
        let total = self.parts.iter().map(Part::len).sum();
        let (start, end) = match range {
            ByteRange::Last(count) => (u64::saturating_sub(total, count), total),
            ByteRange::FromTo { start, end } => (start, end.min(total)),
        };
        if start >= end {
            return Err(ReadError::NoSuchRange);
        }
        reads.push(end - start);
        Ok(Piece {
            start,
            bytes: self.slice(start, end),
            total,
            etag: Some(etag),
        })
    }
}

pub(super) fn artifact() -> InputArtifact {
    InputArtifact {
        name: "Build".into(),
        bucket: "artifacts".into(),
        key: "pipeline/Build/abc1234".into(),
    }
}

pub(super) fn call_error(kind: CallErrorKind) -> CallError {
    CallError::new("s3:GetObject", kind, "SomeCode", "")
}
