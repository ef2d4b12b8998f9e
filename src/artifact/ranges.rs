//! Fetches ranges of one artifact, all of the same object, and no more of
//! them than is allowed.

use std::ops::Range;
use std::sync::Arc;

use futures_util::future::try_join_all;

use super::read_files::ReadFailure;
use super::sparse::Sparse;
use crate::blocking::run_blocking;
use crate::job::offer::InputArtifact;
use crate::ports::{ArtifactReader, ByteRange, CallError, CallErrorKind, ETag, Piece, ReadError};
use crate::release::bundle::Unreadable;

/// What the first request asks for. The end record with the longest comment
/// has 65,557 bytes and the zip64 records before it 76; the rest is room for
/// a directory, so that a small artifact takes this one request.
pub(super) const TAIL_BYTES: u64 = 66 * 1024;

/// Why reading stopped early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The object was replaced in between: everything must start again.
    Changed,
    /// The artifact can give no file at all.
    Unreadable(Unreadable),
    Failed(ReadFailure),
}

/// What became of work on the bytes held so far.
pub(super) enum Attempt<T> {
    Done(T),
    /// A byte at this place was wanted and is not held.
    Missing(u64),
}

/// One artifact while it is read.
pub(super) struct Ranges<'a> {
    reader: &'a dyn ArtifactReader,
    artifact: &'a InputArtifact,
    etag: Option<ETag>,
    requests_left: usize,
    total: u64,
    tail: u64,
    pub(super) file: Sparse,
}

impl<'a> Ranges<'a> {
    /// Fetches the tail, and with it learns the object's length and version.
    pub(super) async fn open(
        reader: &'a dyn ArtifactReader,
        artifact: &'a InputArtifact,
        max_requests: usize,
    ) -> Result<Self, Stop> {
        let piece = reader
            .read(artifact, ByteRange::Last(TAIL_BYTES), None)
            .await
            .map_err(|error| match error {
                ReadError::NoSuchRange => Stop::Unreadable(Unreadable::ArtifactEmpty),
                other @ (ReadError::Missing(_)
                | ReadError::Changed
                | ReadError::CredentialsExpired(_)
                | ReadError::Other(_)) => stop(other, artifact),
            })?;
        if piece.total == 0 {
            return Err(Stop::Unreadable(Unreadable::ArtifactEmpty));
        }
        let tail = piece.total.saturating_sub(TAIL_BYTES);
        if piece.start != tail || piece.bytes.len() as u64 != piece.total - tail {
            return Err(unfitting(artifact));
        }
        let mut file = Sparse::new(piece.total);
        file.insert(tail, piece.bytes);
        Ok(Self {
            reader,
            artifact,
            etag: piece.etag,
            requests_left: max_requests.saturating_sub(1),
            total: piece.total,
            tail,
            file,
        })
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Where the tail starts, which stays held.
    pub(super) fn tail(&self) -> u64 {
        self.tail
    }

    /// Fetches what of `range` is not held yet.
    pub(super) async fn fetch(&mut self, range: Range<u64>) -> Result<(), Stop> {
        self.fetch_all(std::slice::from_ref(&range)).await
    }

    /// Fetches what of `ranges`, which do not overlap, is not held yet; all of
    /// it side by side.
    pub(super) async fn fetch_all(&mut self, ranges: &[Range<u64>]) -> Result<(), Stop> {
        let within = |range: &Range<u64>| range.start..range.end.min(self.total);
        let holes: Vec<Range<u64>> = ranges
            .iter()
            .flat_map(|range| self.file.holes(within(range)))
            .collect();
        self.requests_left = self.requests_left.checked_sub(holes.len()).ok_or_else(|| {
            Stop::Unreadable(Unreadable::DamagedArchive {
                detail: "its parts are scattered over more places than are read".into(),
            })
        })?;
        let pieces = try_join_all(holes.into_iter().map(|hole| self.read(hole))).await?;
        for piece in pieces {
            self.file.insert(piece.start, piece.bytes);
        }
        Ok(())
    }

    async fn read(&self, hole: Range<u64>) -> Result<Piece, Stop> {
        let range = ByteRange::FromTo {
            start: hole.start,
            end: hole.end,
        };
        let piece = self
            .reader
            .read(self.artifact, range, self.etag.as_ref())
            .await
            .map_err(|error| stop(error, self.artifact))?;
        if piece.total != self.total || piece.etag != self.etag {
            return Err(Stop::Changed);
        }
        if piece.start != hole.start || piece.bytes.len() as u64 != hole.end - hole.start {
            return Err(unfitting(self.artifact));
        }
        Ok(piece)
    }

    /// Runs `work` on the bytes held so far.
    ///
    /// It runs on the blocking pool: a directory of 100,000 entries takes a
    /// good part of a second, for which no other job shall stand still.
    /// A panic in there is the archive's doing and no reason to fail.
    pub(super) async fn attempt<T, F>(&mut self, work: &Arc<F>) -> Result<Attempt<T>, Stop>
    where
        T: Send + 'static,
        F: Fn(&mut Sparse) -> T + Send + Sync + 'static,
    {
        let mut file = std::mem::take(&mut self.file);
        let work = Arc::clone(work);
        let run = run_blocking(move || {
            let result = work(&mut file);
            (file, result)
        });
        let (file, result) = run.await.map_err(|_| {
            Stop::Unreadable(Unreadable::DamagedArchive {
                detail: "the archive reader gave up on it".into(),
            })
        })?;
        self.file = file;
        Ok(match self.file.take_missing() {
            Some(place) => Attempt::Missing(place),
            None => Attempt::Done(result),
        })
    }
}

fn stop(error: ReadError, artifact: &InputArtifact) -> Stop {
    match error {
        // Without the right to list the bucket, S3 says "denied" for an absent
        // key too (aws-facts §3): then only the refusal is known.
        ReadError::Missing(error) if error.kind == CallErrorKind::Denied => {
            Stop::Failed(ReadFailure::Other(error))
        }
        ReadError::Missing(_) => Stop::Unreadable(Unreadable::ArtifactMissing {
            bucket: artifact.bucket.clone(),
            key: artifact.key.clone(),
        }),
        ReadError::NoSuchRange | ReadError::Changed => Stop::Changed,
        ReadError::CredentialsExpired(error) => {
            Stop::Failed(ReadFailure::CredentialsExpired(error))
        }
        ReadError::Other(error) => Stop::Failed(ReadFailure::Other(error)),
    }
}

/// An answer to another question than was asked.
fn unfitting(artifact: &InputArtifact) -> Stop {
    Stop::Failed(ReadFailure::Other(CallError {
        call: "s3:GetObject",
        resource: Some(format!("{}/{}", artifact.bucket, artifact.key)),
        kind: CallErrorKind::Unclear,
        code: "WrongRange".into(),
        message: "the answer holds another range than was asked for".into(),
        request_id: None,
    }))
}
