//! Small objects in a bucket of the operator, accessed with the worker's own
//! credentials. The fleet's journal is stored in them.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::body::collect;
use super::error::{call_error, incomplete, none_if, status, unclear};
use super::pagination::Pages;
use super::service_clients;
use crate::ports::{CallError, ETag, Listed, Objects, Only, Written};

/// Keys per page of a listing; S3's own limit.
const PAGE: usize = 1000;

/// The maximum number of pages of a listing. A page may be partly filled, so a
/// listing can have more pages than its keys need. 100 full pages hold ten
/// times as many keys as are ever requested.
const MAX_PAGES: usize = 100;

/// The objects of one bucket whose keys start with a prefix. Keys in the port's
/// methods omit the prefix.
#[derive(Clone, Debug)]
pub struct S3Objects {
    client: Client,
    bucket: String,
    /// Empty, or ends with a slash.
    prefix: String,
}

impl S3Objects {
    /// `by_path` selects path-style addresses, which are always used with a
    /// custom endpoint for all services.
    #[must_use]
    pub fn new(config: &SdkConfig, by_path: bool, bucket: &str, prefix: &str) -> Self {
        let config = service_clients::s3(config, by_path).build();
        let mut prefix = prefix.trim_matches('/').to_owned();
        if !prefix.is_empty() {
            prefix.push('/');
        }
        Self {
            client: Client::from_conf(config),
            bucket: bucket.to_owned(),
            prefix,
        }
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn resource(&self, key: &str) -> String {
        format!("{}/{}{key}", self.bucket, self.prefix)
    }
}

#[async_trait]
impl Objects for S3Objects {
    async fn write(&self, key: &str, body: Vec<u8>, only: Only) -> Result<Written, CallError> {
        const CALL: &str = "s3:PutObject";
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(self.key(key))
            .content_type("application/json")
            .body(ByteStream::from(body));
        let put = match only {
            Only::IfAbsent => put.if_none_match("*"),
            Only::IfUnchanged(etag) => put.if_match(etag.0),
        };
        match put.send().await {
            Ok(answer) => match answer.e_tag() {
                Some(etag) => Ok(Written::Done(ETag(etag.to_owned()))),
                None => Err(incomplete(CALL, &self.resource(key))),
            },
            Err(error) if not_as_seen(&error) => Ok(Written::NotAsSeen),
            Err(error) => Err(call_error(CALL, Some(&self.resource(key)), &error)),
        }
    }

    async fn read(&self, key: &str, at_most: u64) -> Result<Option<(Vec<u8>, ETag)>, CallError> {
        const CALL: &str = "s3:GetObject";
        let get = self.client.get_object().bucket(&self.bucket);
        let resource = self.resource(key);
        let answer = get.key(self.key(key)).send().await;
        let Some(answer) = none_if(&["NoSuchKey"], CALL, &resource, answer)? else {
            return Ok(None);
        };
        let etag = answer.e_tag().map(|etag| ETag(etag.to_owned()));
        let etag = etag.ok_or_else(|| incomplete(CALL, &resource))?;
        let announced = answer.content_length();
        let bytes = collect(answer.body, announced, at_most).await;
        let bytes = bytes.map_err(|(code, message)| unclear(CALL, &resource, code, &message))?;
        Ok(Some((bytes, etag)))
    }

    async fn remove(&self, key: &str) -> Result<(), CallError> {
        let remove = self.client.delete_object().bucket(&self.bucket);
        let answer = remove.key(self.key(key)).send().await;
        let error = |error| call_error("s3:DeleteObject", Some(&self.resource(key)), &error);
        answer.map(drop).map_err(error)
    }

    async fn list(&self, start: &str, at_most: usize) -> Result<Vec<Listed>, CallError> {
        const CALL: &str = "s3:ListBucket";
        let mut listed = Vec::new();
        let mut pages = Pages::new(CALL, &self.resource(start), MAX_PAGES);
        while listed.len() < at_most {
            let wanted = (at_most - listed.len()).min(PAGE);
            let answer = self
                .client
                .list_objects_v2()
                .bucket(&self.bucket)
                .prefix(self.key(start))
                .max_keys(i32::try_from(wanted).unwrap_or(i32::MAX))
                .set_continuation_token(pages.token())
                .send()
                .await
                .map_err(|error| call_error(CALL, Some(&self.resource(start)), &error))?;
            // Malformed XML parses as an empty listing. Without this check it
            // would look like an empty bucket.
            if answer.name() != Some(&self.bucket) {
                return Err(incomplete(CALL, &self.resource(start)));
            }
            listed.extend(answer.contents().iter().filter_map(|object| {
                let key = object.key()?.strip_prefix(&self.prefix)?;
                Some(Listed {
                    key: key.to_owned(),
                    etag: ETag(object.e_tag()?.to_owned()),
                })
            }));
            if !pages.advance_to_end(answer.next_continuation_token())? {
                break;
            }
        }
        Ok(listed)
    }
}

/// Whether a conditional write failed because the object has changed. `409`
/// means a concurrent write, `404` that the object has been deleted.
fn not_as_seen<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    E: ProvideErrorMetadata,
{
    match error.code() {
        Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey") => true,
        Some(_) => false,
        None => status(error) == Some(412),
    }
}
