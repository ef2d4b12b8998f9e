//! The REST protocol: finds the operation of a request, authorizes the caller,
//! and responds.

use serde_json::{Value, json};

use crate::api::Failure;
use crate::keys::Caller;
use crate::wire::message::{Reply, Request};
use crate::world::World;

use super::Object;
use super::address::bucket_and_key;
use super::chunked;
use super::listing;
use super::range::{Selection, select};

/// Largest response body in bytes. A longer object must be read in ranges, so
/// that no request makes the simulator allocate gigabytes.
pub const MAX_ANSWER: u64 = 64 << 20;

/// Longest key (S3's own limit is 1,024 bytes).
const MAX_KEY: usize = 1024;

/// A parsed request to S3.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// For example `GetObject`.
    pub operation: &'static str,
    bucket: String,
    key: String,
    request: &'a Request,
}

impl<'a> Call<'a> {
    /// Parses a request. An S3 operation that is not simulated becomes
    /// `Unknown`, which is refused.
    #[must_use]
    pub fn read(request: &'a Request) -> Self {
        let (bucket, key) = bucket_and_key(request);
        let parameters = request.parameters();
        let asks_for = |name: &str| parameters.iter().any(|(given, _)| given == name);
        let operation = match (request.method.as_str(), key.is_empty()) {
            ("PUT", true) if asks_for("versioning") => "PutBucketVersioning",
            ("PUT", true) if request.query.is_empty() => "CreateBucket",
            ("HEAD", true) => "HeadBucket",
            ("GET", true) if asks_for("list-type") => "ListObjectsV2",
            ("PUT", false)
                if !asks_for("partNumber") && request.header("x-amz-copy-source").is_none() =>
            {
                "PutObject"
            }
            ("GET", false) => "GetObject",
            ("HEAD", false) => "HeadObject",
            ("DELETE", false) => "DeleteObject",
            _ => "Unknown",
        };
        Self {
            operation,
            bucket,
            key,
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
    pub fn perform(&self, world: &mut World, caller: &Caller) -> Result<Reply, Failure> {
        self.authorize(world, caller)?;
        if self.key.len() > MAX_KEY {
            return Err(Failure::new(400, "KeyTooLongError", "Your key is too long"));
        }
        let parameters = self.request.parameters();
        match self.operation {
            "CreateBucket" => {
                if world.s3.bucket(&self.bucket).is_ok() {
                    return Err(Failure::new(
                        409,
                        "BucketAlreadyOwnedByYou",
                        "Your previous request to create the named bucket succeeded and you already own it.",
                    ));
                }
                if !is_bucket_name(&self.bucket) {
                    let message = "The specified bucket is not valid.";
                    return Err(Failure::new(400, "InvalidBucketName", message));
                }
                world.s3.create_bucket(&self.bucket);
                Ok(Reply::new(200, "").with("location", format!("/{}", self.bucket)))
            }
            "PutBucketVersioning" => self.put_versioning(world),
            "HeadBucket" => {
                let region = world.region.clone();
                world.s3.bucket(&self.bucket)?;
                Ok(Reply::new(200, "").with("x-amz-bucket-region", region))
            }
            "ListObjectsV2" => listing::list(&world.s3, &self.bucket, &parameters),
            "PutObject" => self.put(world),
            "GetObject" | "HeadObject" => self.get(world, &parameters),
            "DeleteObject" => self.delete(world),
            _ => Err(Failure::new(
                501,
                "NotImplemented",
                "A header or parameter you provided implies functionality that is not simulated",
            )),
        }
    }

    /// A job's credentials can read the job's artifacts. They may not list the
    /// bucket, so a missing object looks like a forbidden one.
    fn authorize(&self, world: &World, caller: &Caller) -> Result<(), Failure> {
        let owner = self.request.header("x-amz-expected-bucket-owner");
        if owner.is_some_and(|owner| owner != world.account) {
            return Err(Failure::denied());
        }
        match caller {
            Caller::Account | Caller::Role(_) => Ok(()),
            Caller::Job(session) => {
                let reads = matches!(self.operation, "GetObject" | "HeadObject");
                let exists = world.s3.get(&self.bucket, &self.key).is_ok();
                if reads && exists && session.covers(&self.bucket, &self.key) {
                    Ok(())
                } else {
                    Err(Failure::denied())
                }
            }
        }
    }

    fn put_versioning(&self, world: &mut World) -> Result<Reply, Failure> {
        world.s3.bucket(&self.bucket)?;
        let body = String::from_utf8_lossy(&self.request.body);
        let versioned = body.contains("<Status>Enabled</Status>");
        if !versioned && !body.contains("<Status>Suspended</Status>") {
            return Err(Failure::new(
                400,
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our published schema",
            ));
        }
        world.s3.set_versioned(&self.bucket, versioned);
        Ok(Reply::new(200, ""))
    }

    fn put(&self, world: &mut World) -> Result<Reply, Failure> {
        let present = match world.s3.get(&self.bucket, &self.key) {
            Ok(object) => Some(object.etag.clone()),
            Err(error) if error.code == "NoSuchKey" => None,
            Err(error) => return Err(error),
        };
        if self.request.header("if-none-match") == Some("*") && present.is_some() {
            return Err(Failure::precondition("If-None-Match"));
        }
        if let Some(wanted) = self.request.header("if-match") {
            let present = present.ok_or_else(|| Failure::no_such_key(&self.key))?;
            if !tags_match(wanted, &present) {
                return Err(Failure::precondition("If-Match"));
            }
        }
        let body = chunked::payload(self.request)?;
        let now = world.now();
        let object = world
            .s3
            .put(&mut world.names, now, (&self.bucket, &self.key), body)?;
        if let Some(kind) = self.request.header("content-type") {
            kind.clone_into(&mut object.content_type);
        }
        let reply = Reply::new(200, "").with("etag", &object.etag);
        let version = object.version_id.clone();
        Ok(self.with_version(reply, world, &version))
    }

    /// Only objects of versioned buckets have versions.
    fn with_version(&self, reply: Reply, world: &World, version: &str) -> Reply {
        match world.s3.is_versioned(&self.bucket) {
            true => reply.with("x-amz-version-id", version),
            false => reply,
        }
    }

    fn delete(&self, world: &mut World) -> Result<Reply, Failure> {
        world.s3.bucket(&self.bucket)?;
        if let Some(bucket) = world.s3.buckets.get_mut(&self.bucket) {
            bucket.objects.remove(&self.key);
        }
        Ok(Reply::new(204, ""))
    }

    fn get(&self, world: &World, parameters: &[(String, String)]) -> Result<Reply, Failure> {
        let is_head = self.operation == "HeadObject";
        self.refuse_encryption_headers()?;
        let object = world.s3.get(&self.bucket, &self.key)?;
        if let Some((_, version)) = parameters.iter().find(|(name, _)| name == "versionId")
            && *version != object.version_id
        {
            return Err(Failure::new(
                404,
                "NoSuchVersion",
                "The specified version does not exist.",
            ));
        }
        if let Some(wanted) = self.request.header("if-match")
            && !tags_match(wanted, &object.etag)
        {
            return Err(Failure::precondition("If-Match"));
        }
        if let Some(known) = self.request.header("if-none-match")
            && tags_match(known, &object.etag)
        {
            return Ok(Reply::new(304, "").with("etag", &object.etag));
        }
        let length = object.content.length();
        let asked = self.request.header("range");
        let (status, part) = match select(asked, length) {
            Selection::Whole => (200, 0..length),
            Selection::Part(part) => (206, part),
            Selection::Unsatisfiable => {
                return Err(Failure::new(
                    416,
                    "InvalidRange",
                    "The requested range is not satisfiable",
                )
                .with("RangeRequested", asked.unwrap_or_default())
                .with("ActualObjectSize", length.to_string()));
            }
        };
        let reply = describe(Reply::new(status, ""), object);
        let mut reply = self.with_version(reply, world, &object.version_id);
        if status == 206 {
            let range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            reply = reply.with("content-range", range);
        }
        if is_head {
            return Ok(reply.with("content-length", (part.end - part.start).to_string()));
        }
        if part.end - part.start > MAX_ANSWER {
            return Err(Failure::new(
                503,
                "SlowDown",
                format!("The simulator answers with at most {MAX_ANSWER} bytes: read by ranges"),
            ));
        }
        reply.body = object.content.read(part);
        Ok(reply)
    }

    /// A read request must not have encryption headers (docs/aws.md §3).
    fn refuse_encryption_headers(&self) -> Result<(), Failure> {
        let named = self.request.headers.iter().any(|(name, _)| {
            name == "x-amz-server-side-encryption"
                || name.starts_with("x-amz-server-side-encryption-aws-kms")
        });
        if named {
            return Err(Failure::new(
                400,
                "InvalidArgument",
                "x-amz-server-side-encryption header is not supported for this operation.",
            ));
        }
        Ok(())
    }
}

fn describe(reply: Reply, object: &Object) -> Reply {
    let modified = object.last_modified.strftime("%a, %d %b %Y %H:%M:%S GMT");
    reply
        .with("etag", &object.etag)
        .with("accept-ranges", "bytes")
        .with("last-modified", modified.to_string())
        .with("content-type", &object.content_type)
}

/// 3 to 63 lower-case letters, digits, `.` and `-`, with a letter or digit at
/// both ends.
fn is_bucket_name(name: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.starts_with(edge)
        && name.ends_with(edge)
        && name.chars().all(|c| edge(c) || c == '.' || c == '-')
}

/// Whether a condition such as `"a", "b"` or `*` matches the tag.
fn tags_match(condition: &str, etag: &str) -> bool {
    condition == "*"
        || condition
            .split(',')
            .any(|tag| tag.trim().trim_matches('"') == etag.trim_matches('"'))
}
