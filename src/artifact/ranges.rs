//! Fetches byte ranges of one artifact, all from the same version of the
//! object, with a limit on the number of requests.

use std::ops::Range;
use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::sparse::Sparse;
use crate::blocking::run_blocking;
use crate::job::offer::InputArtifact;
use crate::ports::{ArtifactReader, ByteRange, CallError, CallErrorKind, ETag, Piece, ReadError};
use crate::release::bundle::Unreadable;

/// Size of the first request. The end record with the longest comment takes
/// 65,557 bytes and the zip64 records before it 76. The rest leaves room for a
/// directory, so that a small artifact needs only this request.
pub(super) const TAIL_BYTES: u64 = 66 * 1024;

/// How much of an artifact may be in memory without a permit. A directory of this
/// size has some three thousand entries.
const MAX_SMALL: u64 = 256 * 1024;

/// Artifacts of which more than [`MAX_SMALL`] may be in memory at once.
const MAX_LARGE_READS: usize = 2;

/// Limits the memory of all artifacts that are being read. Clones share the limit.
#[derive(Clone, Debug)]
pub struct LargeReads(Arc<Semaphore>);

impl Default for LargeReads {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_LARGE_READS)))
    }
}

/// Why nothing could be read, although a retry may succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadFailure {
    /// The job's credentials have expired; new ones can be requested.
    CredentialsExpired(CallError),
    Other(CallError),
}

/// Why reading stopped early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The object was replaced during the read: start again.
    Changed,
    /// No file can be read from this artifact.
    Unreadable(Unreadable),
    Failed(ReadFailure),
}

/// The outcome of work on the bytes fetched so far.
pub(super) enum Attempt<T> {
    Done(T),
    /// The byte at this offset is needed and has not been fetched.
    Missing(u64),
}

/// An artifact that is being read.
pub(super) struct Ranges<'a> {
    reader: &'a dyn ArtifactReader,
    artifact: &'a InputArtifact,
    etag: Option<ETag>,
    requests_left: usize,
    pub(super) total: u64,
    /// The offset of the tail, which is never dropped.
    pub(super) tail: u64,
    large: &'a LargeReads,
    /// Kept to the end, so that no artifact that has one waits for another.
    permit: Option<SemaphorePermit<'a>>,
    pub(super) file: Sparse,
}

impl<'a> Ranges<'a> {
    /// Fetches the tail, which also gives the object's length and version.
    pub(super) async fn open(
        reader: &'a dyn ArtifactReader,
        artifact: &'a InputArtifact,
        max_requests: usize,
        large: &'a LargeReads,
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
            return Err(wrong_range(artifact));
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
            large,
            permit: None,
            file,
        })
    }

    /// Fetches the missing parts of `range`.
    pub(super) async fn fetch(&mut self, range: Range<u64>) -> Result<(), Stop> {
        self.fetch_all(std::slice::from_ref(&range)).await
    }

    /// Fetches the missing parts of `ranges`, which must not overlap,
    /// concurrently.
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
        let length = |hole: &Range<u64>| hole.end - hole.start;
        let held = self.file.bytes() + holes.iter().map(length).sum::<u64>();
        if held > MAX_SMALL && self.permit.is_none() {
            let permit = self.large.0.acquire().await;
            self.permit = Some(permit.expect("this semaphore is never closed"));
        }
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
            return Err(wrong_range(self.artifact));
        }
        Ok(piece)
    }

    /// Runs `work` on the bytes fetched so far.
    ///
    /// It runs on the blocking pool: a directory of 100,000 entries takes a
    /// good part of a second and must not block other jobs. A panic is
    /// attributed to the archive and reported as damage.
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
        // Without permission to list the bucket, S3 also denies access to a key
        // that does not exist (docs/aws.md §3), so only the denial is certain.
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

/// The response holds another range than requested.
fn wrong_range(artifact: &InputArtifact) -> Stop {
    let message = "the response holds another range than requested";
    let error = CallError::new(
        "s3:GetObject",
        CallErrorKind::Unclear,
        "WrongRange",
        message,
    );
    Stop::Failed(ReadFailure::Other(CallError {
        resource: Some(format!("{}/{}", artifact.bucket, artifact.key)),
        ..error
    }))
}
