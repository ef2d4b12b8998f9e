//! Input artifacts from the world's buckets, read with the job's own
//! credentials.

use std::sync::Arc;

use async_trait::async_trait;

use super::line::{Call, Line};
use crate::job::offer::{ArtifactCredentials, InputArtifact};
use crate::ports::{ArtifactReader, Artifacts, ByteRange, CallError, ETag, Piece, ReadError};
use crate::simulator::wire::holder;
use crate::simulator::wire::message::{Reply, Request, percent_encode};

/// S3 of the simulated account, for artifacts.
#[derive(Debug)]
pub(super) struct WorldArtifacts {
    line: Line,
}

impl WorldArtifacts {
    pub(super) fn new(line: Line) -> Self {
        Self { line }
    }
}

impl Artifacts for WorldArtifacts {
    fn open(&self, credentials: &ArtifactCredentials) -> Arc<dyn ArtifactReader> {
        Arc::new(WorldReader {
            line: self.line.clone(),
            credentials: credentials.clone(),
        })
    }
}

struct WorldReader {
    line: Line,
    credentials: ArtifactCredentials,
}

#[async_trait]
impl ArtifactReader for WorldReader {
    async fn read(
        &self,
        artifact: &InputArtifact,
        range: ByteRange,
        pinned: Option<&ETag>,
    ) -> Result<Piece, ReadError> {
        let range = match range {
            ByteRange::Last(0) => return Err(ReadError::NoSuchRange),
            ByteRange::Last(count) => format!("bytes=-{count}"),
            ByteRange::FromTo { start, end } if start < end => format!("bytes={start}-{}", end - 1),
            ByteRange::FromTo { .. } => return Err(ReadError::NoSuchRange),
        };
        let place = format!("{}/{}", artifact.bucket, artifact.key);
        let call = Call::new("s3:GetObject", place);
        let mut headers = vec![("range".to_owned(), range)];
        headers.extend(pinned.map(|etag| ("if-match".to_owned(), etag.0.clone())));
        let request = object("GET", &artifact.bucket, &artifact.key, headers);
        let given = &self.credentials;
        let key = (
            given.access_key_id.as_str(),
            given.secret_access_key.as_str(),
            given.session_token.as_str(),
        );
        let reply = self
            .line
            .fetch(&call, &request, |world| holder(world, key))
            .await
            .map_err(read_error)?;
        let Some(reply) = reply else {
            let said = "the answer has neither an ETag nor a range";
            return Err(ReadError::Other(call.unclear("UnreadableAnswer", said)));
        };
        piece(reply).ok_or_else(|| ReadError::Other(call.incomplete()))
    }
}

/// An HTTP request for an object.
pub(super) fn object(
    method: &str,
    bucket: &str,
    key: &str,
    headers: Vec<(String, String)>,
) -> Request {
    let key: Vec<String> = key.split('/').map(percent_encode).collect();
    Request {
        method: method.into(),
        path: format!("/{bucket}/{}", key.join("/")),
        headers,
        ..Request::default()
    }
}

/// A header of a reply.
pub(super) fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    let mut headers = reply.headers.iter();
    let found = headers.find(|(given, _)| given == name);
    found.map(|(_, value)| value.as_str())
}

fn piece(reply: Reply) -> Option<Piece> {
    let etag = header(&reply, "etag").map(|tag| ETag(tag.to_owned()));
    let (start, total) = match header(&reply, "content-range") {
        None => (0, reply.body.len() as u64),
        Some(range) => {
            let (range, total) = range.strip_prefix("bytes ")?.split_once('/')?;
            let (start, _) = range.split_once('-')?;
            (start.parse().ok()?, total.parse().ok()?)
        }
    };
    Some(Piece {
        start,
        bytes: reply.body,
        total,
        etag,
    })
}

fn read_error((error, status): (CallError, Option<u16>)) -> ReadError {
    match (error.code.as_str(), status) {
        ("ExpiredToken" | "InvalidToken", _) => ReadError::CredentialsExpired(error),
        ("InvalidRange", _) => ReadError::NoSuchRange,
        ("PreconditionFailed", _) => ReadError::Changed,
        (_, Some(403..=405)) => ReadError::Missing(error),
        _ => ReadError::Other(error),
    }
}
