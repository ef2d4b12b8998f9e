//! Policies in S3, read with the operator's credentials.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use tokio::time::timeout;

use super::refusal::{trouble, unclear};
use crate::ports::{ETag, PolicyObject, PolicyObjects, Trouble};

const LIST: &str = "s3:ListBucket";
const GET: &str = "s3:GetObject";

/// How long one body may take; a whole set has eight megabytes.
const BODY_TIMEOUT: Duration = Duration::from_secs(32);

/// S3, asked for policies.
#[derive(Clone, Debug)]
pub struct S3PolicyObjects {
    client: Client,
}

impl S3PolicyObjects {
    /// With `path_style`, or one custom endpoint for all services, buckets
    /// stand in the path.
    #[must_use]
    pub fn new(config: &SdkConfig, path_style: bool) -> Self {
        let by_path = path_style || config.endpoint_url().is_some();
        let config = Builder::from(config).force_path_style(by_path).build();
        Self {
            client: Client::from_conf(config),
        }
    }
}

#[async_trait]
impl PolicyObjects for S3PolicyObjects {
    async fn list(
        &self,
        bucket: &str,
        prefix: &str,
        most: usize,
    ) -> Result<Vec<PolicyObject>, Trouble> {
        let resource = format!("{bucket}/{prefix}");
        let mut objects = Vec::new();
        let mut token = None;
        while objects.len() <= most {
            let page = self
                .client
                .list_objects_v2()
                .bucket(bucket)
                .prefix(prefix)
                .set_continuation_token(token)
                .send()
                .await
                .map_err(|error| trouble(LIST, Some(&resource), &error))?;
            objects.extend(page.contents().iter().filter_map(|object| {
                Some(PolicyObject {
                    key: object.key()?.to_owned(),
                    etag: ETag(object.e_tag()?.to_owned()),
                })
            }));
            token = page.next_continuation_token().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        objects.truncate(most + 1);
        Ok(objects)
    }

    async fn get(
        &self,
        bucket: &str,
        object: &PolicyObject,
        at_most: u64,
    ) -> Result<Vec<u8>, Trouble> {
        let resource = format!("{bucket}/{}", object.key);
        let mut answer = self
            .client
            .get_object()
            .bucket(bucket)
            .key(&object.key)
            .if_match(&object.etag.0)
            .send()
            .await
            .map_err(|error| trouble(GET, Some(&resource), &error))?;
        let body = std::mem::take(&mut answer.body);
        match timeout(BODY_TIMEOUT, collect(body, at_most)).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(problem)) => Err(unclear(GET, &resource, "BrokenBody", problem)),
            Err(_) => Err(unclear(GET, &resource, "Timeout", "the body took too long")),
        }
    }
}

/// The bytes, one more than allowed at most.
async fn collect(
    mut body: aws_smithy_types::byte_stream::ByteStream,
    at_most: u64,
) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| error.to_string())?;
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > at_most {
            break;
        }
    }
    Ok(bytes)
}
