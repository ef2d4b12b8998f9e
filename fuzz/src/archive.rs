//! The promise of the archive reader: whatever the object is, every wanted
//! file has an answer within the bounds, after a few requests.

use std::sync::atomic::{AtomicUsize, Ordering};

use bluegreen_worker::artifact::{LargeReads, read_files};
use bluegreen_worker::job::offer::InputArtifact;
use bluegreen_worker::ports::{ArtifactReader, ByteRange, ETag, Piece, ReadError};
use bluegreen_worker::release::bundle::MAX_FILE_BYTES;

const WANTED: [&str; 3] = ["taskdef.json", "appspec.yaml", "imageDetail.json"];

/// Eight for the directory and three for each file.
const MAX_REQUESTS: usize = 17;

/// Zeros before the data. They exceed what the first read fetches, so that
/// offsets can lead out of it.
const BEFORE: usize = 100_000;

/// Reads the wanted files from an object that ends in `data`. The first byte
/// decides whether zeros come before it.
///
/// # Panics
///
/// When the promise is broken.
pub fn zip_tail(data: &[u8]) {
    let Some((first, data)) = data.split_first() else {
        return;
    };
    let before = if first % 2 == 0 { 0 } else { BEFORE };
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(data);
    let object = Object {
        bytes,
        requests: AtomicUsize::new(0),
    };
    let artifact = InputArtifact {
        name: "Build".into(),
        bucket: "artifacts".into(),
        key: "pipeline/Build/abc1234".into(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers needs nothing");
    let files = runtime
        .block_on(read_files(
            &object,
            &artifact,
            &WANTED,
            &LargeReads::default(),
        ))
        .expect("the object can always be read");
    assert_eq!(files.len(), WANTED.len());
    for bytes in files.values().flatten() {
        assert!(bytes.len() as u64 <= MAX_FILE_BYTES);
    }
    assert!(object.requests.into_inner() <= MAX_REQUESTS);
}

/// An S3 object in memory.
struct Object {
    bytes: Vec<u8>,
    requests: AtomicUsize,
}

#[async_trait::async_trait]
impl ArtifactReader for Object {
    async fn read(
        &self,
        _artifact: &InputArtifact,
        range: ByteRange,
        _pinned: Option<&ETag>,
    ) -> Result<Piece, ReadError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let total = self.bytes.len() as u64;
        let (start, end) = match range {
            ByteRange::Last(count) => (total.saturating_sub(count), total),
            ByteRange::FromTo { start, end } => (start, end.min(total)),
        };
        if start >= end {
            return Err(ReadError::NoSuchRange);
        }
        let place = |offset: u64| usize::try_from(offset).expect("it lies in memory");
        Ok(Piece {
            start,
            bytes: self.bytes[place(start)..place(end)].to_vec(),
            total,
            etag: Some(ETag("\"1\"".into())),
        })
    }
}
