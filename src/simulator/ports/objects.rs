//! Small objects in one of the world's buckets, in which a shared journal is
//! stored.

use async_trait::async_trait;
use serde_json::Value;

use super::artifacts::{header, object};
use super::line::{Call, Line};
use crate::ports::{CallError, ETag, Listed, Objects, Only, Written};
use crate::simulator::keys::Caller;
use crate::simulator::wire::Exchange;
use crate::simulator::wire::message::{Reply, Request};

/// The objects of one bucket.
#[derive(Clone, Debug)]
pub struct WorldObjects {
    line: Line,
    bucket: String,
}

impl WorldObjects {
    #[must_use]
    pub fn new(exchange: &Exchange, bucket: &str) -> Self {
        Self {
            line: Line::new(exchange.clone()),
            bucket: bucket.to_owned(),
        }
    }

    fn call(&self, name: &'static str, key: &str) -> Call {
        Call::new(name, format!("{}/{key}", self.bucket))
    }

    async fn ask(&self, call: &Call, request: &Request) -> Result<Option<Reply>, CallError> {
        let reply = self.line.fetch(call, request, |_| Ok(Caller::Account));
        reply.await.map_err(|(error, _)| error)
    }
}

#[async_trait]
impl Objects for WorldObjects {
    async fn write(&self, key: &str, body: Vec<u8>, only: Only) -> Result<Written, CallError> {
        let call = self.call("s3:PutObject", key);
        let condition = match only {
            Only::IfAbsent => ("if-none-match".to_owned(), "*".to_owned()),
            Only::IfUnchanged(etag) => ("if-match".to_owned(), etag.0),
        };
        let request = Request {
            body,
            ..object("PUT", &self.bucket, key, vec![condition])
        };
        match self.ask(&call, &request).await {
            Ok(reply) => match reply.as_ref().and_then(etag) {
                Some(etag) => Ok(Written::Done(etag)),
                None => Err(call.incomplete()),
            },
            Err(error) if ["PreconditionFailed", "NoSuchKey"].contains(&error.code.as_str()) => {
                Ok(Written::NotAsSeen)
            }
            Err(error) => Err(error),
        }
    }

    async fn read(&self, key: &str, at_most: u64) -> Result<Option<(Vec<u8>, ETag)>, CallError> {
        let call = self.call("s3:GetObject", key);
        let request = object("GET", &self.bucket, key, Vec::new());
        let reply = match self.ask(&call, &request).await {
            Ok(reply) => reply,
            Err(error) if error.code == "NoSuchKey" => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some((etag, reply)) = reply.and_then(|reply| Some((etag(&reply)?, reply))) else {
            return Err(call.incomplete());
        };
        if reply.body.len() as u64 > at_most {
            let said = format!("more than {at_most} bytes came");
            return Err(call.unclear("BodyTooLong", &said));
        }
        Ok(Some((reply.body, etag)))
    }

    async fn remove(&self, key: &str) -> Result<(), CallError> {
        let call = self.call("s3:DeleteObject", key);
        let request = object("DELETE", &self.bucket, key, Vec::new());
        self.ask(&call, &request).await.map(drop)
    }

    /// As over HTTP, listing is an operation of the bucket.
    async fn list(&self, start: &str, at_most: usize) -> Result<Vec<Listed>, CallError> {
        let call = self.call("s3:ListObjectsV2", start);
        let bucket = self.bucket.clone();
        let start = start.to_owned();
        let listed = self.line.ask_with(&call, Value::Null, |world, _| {
            let objects = &world.s3.bucket(&bucket)?.objects;
            let from = objects.range(start.clone()..);
            let found = from.take_while(|(key, _)| key.starts_with(&start));
            Ok(found
                .take(at_most)
                .map(|(key, object)| Listed {
                    key: key.clone(),
                    etag: ETag(object.etag.clone()),
                })
                .collect())
        });
        listed.await
    }
}

fn etag(reply: &Reply) -> Option<ETag> {
    header(reply, "etag").map(|tag| ETag(tag.to_owned()))
}
