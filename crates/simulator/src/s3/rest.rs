//! The REST protocol: finds the operation of a request, authorizes the caller,
//! and responds.

use serde_json::{Value, json};

use crate::api::ApiError;
use crate::keys::Caller;
use crate::wire::message::{Reply, Request};
use crate::world::World;

use super::address::bucket_and_key;
use super::operation::{self, Handler, Level};

/// Longest key (S3's own limit is 1,024 bytes).
const MAX_KEY: usize = 1024;

/// A parsed request to S3.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// For example `GetObject`.
    pub operation: &'static str,
    handler: Handler,
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) request: &'a Request,
}

/// The response to an S3 request.
pub(super) type Answer = Result<Reply, ApiError>;

impl<'a> Call<'a> {
    /// Parses a request. An S3 operation that is not simulated becomes
    /// `Unknown`, which is refused.
    #[must_use]
    pub fn read(request: &'a Request) -> Self {
        let (bucket, key) = bucket_and_key(request);
        let parameters = request.parameters();
        let level = match (bucket.is_empty(), key.is_empty()) {
            (true, true) => Level::Account,
            (false, true) => Level::Bucket,
            (_, false) => Level::Object,
        };
        let (operation, handler) = operation::of(request, level, &parameters);
        Self {
            operation,
            handler,
            bucket,
            key,
            parameters,
            request,
        }
    }

    /// What the ledger records of the call: names and conditions, no content.
    #[must_use]
    pub fn input(&self) -> Value {
        let mut input = json!({ "method": self.request.method, "bucket": self.bucket });
        let headers = ["range", "if-match", "if-none-match"]
            .into_iter()
            .filter_map(|name| Some((name, self.request.header(name)?)));
        if !self.key.is_empty() {
            input["key"] = json!(self.key);
        }
        for (name, value) in headers {
            input[name] = json!(value);
        }
        input
    }

    /// Carries out the call.
    ///
    /// # Errors
    ///
    /// Errors as S3 words them.
    pub fn perform(&self, world: &mut World, caller: &Caller) -> Result<Reply, ApiError> {
        self.authorize(world, caller)?;
        if self.key.len() > MAX_KEY {
            return Err(ApiError::new("KeyTooLongError", "Your key is too long"));
        }
        (self.handler)(self, world)
    }

    /// A decoded parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut named = self.parameters.iter().filter(|(given, _)| given == name);
        named.next().map(|(_, value)| value.as_str())
    }

    /// The parameter that limits a page, at most S3's own 1,000.
    pub(super) fn page_size(&self, name: &str) -> Result<usize, ApiError> {
        const LARGEST: usize = 1000;
        match self.parameter(name).map(str::parse::<usize>) {
            None => Ok(LARGEST),
            Some(Ok(size)) => Ok(size.min(LARGEST)),
            Some(Err(_)) => Err(ApiError::invalid_argument(&format!(
                "Provided {name} not an integer or within integer range"
            ))),
        }
    }

    /// A job's credentials can read the job's input artifacts and write its
    /// output artifacts. They may not list the bucket, so a missing object looks
    /// like a forbidden one.
    fn authorize(&self, world: &World, caller: &Caller) -> Result<(), ApiError> {
        let owner = self.request.header("x-amz-expected-bucket-owner");
        if owner.is_some_and(|owner| owner != world.account) {
            return Err(ApiError::denied());
        }
        let Caller::Job(session) = caller else {
            return Ok(());
        };
        let is_allowed = match self.operation {
            "GetObject" | "HeadObject" => {
                let exists = world.s3.get(&self.bucket, &self.key).is_ok();
                exists && session.covers(&self.bucket, &self.key)
            }
            "PutObject"
            | "CreateMultipartUpload"
            | "UploadPart"
            | "ListParts"
            | "CompleteMultipartUpload"
            | "AbortMultipartUpload" => session.may_write(&self.bucket, &self.key),
            _ => false,
        };
        is_allowed.then_some(()).ok_or_else(ApiError::denied)
    }
}
