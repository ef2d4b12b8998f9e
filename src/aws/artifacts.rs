//! Reads input artifacts from S3 with the job's own credentials (docs/aws.md
//! §3).

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, IdentityCache, ResponseChecksumValidation};
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::body::collect;
use super::error::{call_error, status, unclear};
use super::service_clients;
use crate::job::offer::{ArtifactCredentials, InputArtifact};
use crate::ports::{ArtifactReader, Artifacts, ByteRange, CallErrorKind, ETag, Piece, ReadError};

const CALL: &str = "s3:GetObject";

/// Maximum length of a bucket name. Only the oldest buckets have names this
/// long.
const MAX_BUCKET: usize = 255;

/// Opens artifacts in S3. Each job gets its own client, because a client may
/// cache credentials; all clients share one HTTP client and its connections.
#[derive(Clone, Debug)]
pub(super) struct S3Artifacts {
    config: Builder,
}

impl S3Artifacts {
    pub(super) fn new(config: &SdkConfig, by_path: bool) -> Self {
        let config = service_clients::s3(config, by_path)
            // The checksum of a whole object does not apply to a range.
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        Self { config }
    }
}

impl Artifacts for S3Artifacts {
    fn open(&self, credentials: &ArtifactCredentials) -> Arc<dyn ArtifactReader> {
        let credentials = Credentials::new(
            &credentials.access_key_id,
            &credentials.secret_access_key,
            Some(credentials.session_token.clone()),
            None,
            "CodePipeline job",
        );
        let config = self
            .config
            .clone()
            .credentials_provider(credentials)
            .identity_cache(IdentityCache::no_cache())
            .build();
        Arc::new(Client::from_conf(config))
    }
}

#[async_trait]
impl ArtifactReader for Client {
    async fn read(
        &self,
        artifact: &InputArtifact,
        range: ByteRange,
        pinned: Option<&ETag>,
    ) -> Result<Piece, ReadError> {
        if !is_plain_name(&artifact.bucket) {
            let said = "the artifact's bucket is not a plain name";
            let odd = unclear(CALL, &resource(artifact), "NoBucketName", said);
            return Err(ReadError::Missing(odd));
        }
        let (header, at_most) = match range {
            ByteRange::Last(0) => return Err(ReadError::NoSuchRange),
            ByteRange::Last(count) => (format!("bytes=-{count}"), count),
            ByteRange::FromTo { start, end } if start < end => {
                (format!("bytes={start}-{}", end - 1), end - start)
            }
            ByteRange::FromTo { .. } => return Err(ReadError::NoSuchRange),
        };
        let other = |code: &str, message: &str| {
            ReadError::Other(unclear(CALL, &resource(artifact), code, message))
        };
        let mut answer = self
            .get_object()
            .bucket(&artifact.bucket)
            .key(&artifact.key)
            .range(header)
            .set_if_match(pinned.map(|etag| etag.0.clone()))
            .send()
            .await
            .map_err(|error| read_error(artifact, &error))?;
        if !is_from_s3(&answer) {
            let said = "the answer has neither an ETag nor a range";
            return Err(other("UnreadableAnswer", said));
        }
        let body = std::mem::take(&mut answer.body);
        let collected = collect(body, answer.content_length(), at_most).await;
        let bytes = collected.map_err(|(code, message)| other(code, &message))?;
        let (start, total) = place(&answer, bytes.len() as u64).ok_or_else(|| {
            let said = answer.content_range().unwrap_or_default();
            other("UnreadableContentRange", said)
        })?;
        Ok(Piece {
            start,
            bytes,
            total,
            etag: answer.e_tag().map(|etag| ETag(etag.to_owned())),
        })
    }
}

/// Whether `bucket` is a plain name. ARNs of access points and parts of URLs
/// would let the pipeline's author choose the host and Region.
fn is_plain_name(bucket: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    !bucket.is_empty() && bucket.len() <= MAX_BUCKET && bucket.chars().all(allowed)
}

/// Whether the response comes from S3, which always sends an ETag, and a
/// content range if a range was requested. A proxy's own page has neither and
/// must not be taken for the artifact.
fn is_from_s3(answer: &GetObjectOutput) -> bool {
    answer.e_tag().is_some() || answer.content_range().is_some()
}

/// The offset of the bytes and the length of the object, from a content range
/// such as `bytes 5-9/100`. Without a content range, the body is the whole
/// object.
fn place(answer: &GetObjectOutput, length: u64) -> Option<(u64, u64)> {
    let Some(range) = answer.content_range() else {
        return Some((0, length));
    };
    let (range, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.parse().ok()?, total.parse().ok()?))
}

fn read_error(
    artifact: &InputArtifact,
    failed: &SdkError<GetObjectError, HttpResponse>,
) -> ReadError {
    let error = call_error(CALL, Some(&resource(artifact)), failed);
    match (error.code.as_str(), status(failed)) {
        ("ExpiredToken" | "ExpiredTokenException" | "InvalidToken" | "TokenRefreshRequired", _) => {
            ReadError::CredentialsExpired(error)
        }
        // The object is archived: it exists but cannot be read.
        ("InvalidObjectState", _) => ReadError::Other(error),
        ("InvalidRange", _) | (_, Some(416)) => ReadError::NoSuchRange,
        ("PreconditionFailed", _) | (_, Some(412)) => ReadError::Changed,
        (_, Some(403)) if error.kind == CallErrorKind::Denied => ReadError::Missing(error),
        (_, Some(404 | 405)) if error.kind == CallErrorKind::Refused => ReadError::Missing(error),
        _ => ReadError::Other(error),
    }
}

fn resource(artifact: &InputArtifact) -> String {
    format!("{}/{}", artifact.bucket, artifact.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_a_name_and_leads_nowhere_else() {
        assert!(is_plain_name("codepipeline-eu-west-1-111122223333"));
        assert!(is_plain_name(&"b".repeat(MAX_BUCKET)));
        for wrong in [
            "",
            "arn:aws:s3:us-east-1:111122223333:accesspoint/other",
            "bucket/../other",
            "user@evil.example",
            "evil.example#",
            &"b".repeat(MAX_BUCKET + 1),
        ] {
            assert!(!is_plain_name(wrong), "{wrong}");
        }
    }
}
