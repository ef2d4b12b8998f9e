//! Reading, writing and deleting one object.

use serde_json::json;

use crate::api::ApiError;
use crate::wire::message::Reply;
use crate::world::World;

use super::checksum::{self, Checksum};
use super::chunked;
use super::error::document;
use super::headers::{describe, kept};
use super::range::{Selection, select};
use super::rest::{Answer, Call};

/// Largest response body in bytes. A longer object must be read in ranges, so
/// that no request makes the simulator allocate gigabytes.
pub const MAX_ANSWER: u64 = 64 << 20;

pub(super) fn put(call: &Call<'_>, world: &mut World) -> Answer {
    check_conditions(call, world)?;
    let headers = kept(call.request)?;
    let payload = chunked::payload(call.request)?;
    let checksum = checksum::verify(call.request, &payload)?;
    let checksum = checksum.map(|(algorithm, value)| Checksum {
        algorithm,
        value,
        is_composite: false,
    });
    let now = world.now();
    let place = (call.bucket.as_str(), call.key.as_str());
    let object = world.s3.put(&mut world.names, now, place, payload.0)?;
    object.headers = headers;
    object.checksum.clone_from(&checksum);
    let reply = Reply::new(200, "").with("etag", &object.etag);
    let version = object.version_id.clone();
    let reply = match checksum {
        Some(checksum) => checksum.describe(reply),
        None => reply,
    };
    Ok(with_version(call, reply, world, &version))
}

/// Checks the conditions on the object that is present.
pub(super) fn check_conditions(call: &Call<'_>, world: &World) -> Result<(), ApiError> {
    let present = match world.s3.get(&call.bucket, &call.key) {
        Ok(object) => Some(&object.etag),
        Err(error) if error.code == "NoSuchKey" => None,
        Err(error) => return Err(error),
    };
    match call.request.header("if-none-match") {
        Some("*") if present.is_some() => return Err(ApiError::precondition("If-None-Match")),
        Some("*") | None => {}
        Some(_) => return Err(ApiError::not_simulated("If-None-Match with a tag")),
    }
    if let Some(wanted) = call.request.header("if-match") {
        let present = present.ok_or_else(|| ApiError::no_such_key(&call.key))?;
        if !tags_match(wanted, present) {
            return Err(ApiError::precondition("If-Match"));
        }
    }
    Ok(())
}

/// Only objects of versioned buckets have versions.
pub(super) fn with_version(call: &Call<'_>, reply: Reply, world: &World, version: &str) -> Reply {
    match world.s3.is_versioned(&call.bucket) {
        true => reply.with("x-amz-version-id", version),
        false => reply,
    }
}

pub(super) fn delete(call: &Call<'_>, world: &mut World) -> Answer {
    let version = call.parameter("versionId");
    world.s3.delete(&call.bucket, &call.key, version)?;
    Ok(Reply::new(204, ""))
}

/// An upload with tags is refused, so no object has any.
pub(super) fn tagging(call: &Call<'_>, world: &mut World) -> Answer {
    world.s3.get(&call.bucket, &call.key)?;
    Ok(document("Tagging", &json!({ "TagSet": {} })))
}

pub(super) fn get(call: &Call<'_>, world: &mut World) -> Answer {
    let is_head = call.operation == "HeadObject";
    refuse_encryption_headers(call)?;
    let object = world.s3.get(&call.bucket, &call.key)?;
    let version = call.parameter("versionId");
    if !world.s3.bucket(&call.bucket)?.has_version(object, version) {
        return Err(ApiError::no_such_version());
    }
    if let Some(wanted) = call.request.header("if-match")
        && !tags_match(wanted, &object.etag)
    {
        return Err(ApiError::precondition("If-Match"));
    }
    if let Some(known) = call.request.header("if-none-match")
        && tags_match(known, &object.etag)
    {
        return Ok(Reply::new(304, "").with("etag", &object.etag));
    }
    let length = object.content.length();
    let asked = call.request.header("range");
    let (status, part) = match select(asked, length) {
        Selection::Whole => (200, 0..length),
        Selection::Part(part) => (206, part),
        Selection::Unsatisfiable => {
            return Err(ApiError::with_status(
                416,
                "InvalidRange",
                "The requested range is not satisfiable",
            )
            .with("RangeRequested", asked.unwrap_or_default())
            .with("ActualObjectSize", length.to_string()));
        }
    };
    let reply = describe(Reply::new(status, ""), object, &call.parameters);
    let mut reply = with_version(call, reply, world, &object.version_id);
    if status == 206 {
        let range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
        reply = reply.with("content-range", range);
    }
    let wants_checksum = call.request.header("x-amz-checksum-mode") == Some("ENABLED");
    if let Some(checksum) = &object.checksum
        && wants_checksum
        && status == 200
    {
        reply = checksum.describe(reply);
    }
    if is_head {
        return Ok(reply.with("content-length", (part.end - part.start).to_string()));
    }
    if part.end - part.start > MAX_ANSWER {
        return Err(ApiError::with_status(
            503,
            "SlowDown",
            format!("The simulator answers with at most {MAX_ANSWER} bytes: read by ranges"),
        ));
    }
    reply.body = object.content.read(part);
    Ok(reply)
}

/// A read request must not have encryption headers (docs/aws.md §3).
fn refuse_encryption_headers(call: &Call<'_>) -> Result<(), ApiError> {
    let named = call.request.headers.iter().any(|(name, _)| {
        name == "x-amz-server-side-encryption"
            || name.starts_with("x-amz-server-side-encryption-aws-kms")
    });
    match named {
        true => Err(ApiError::invalid_argument(
            "x-amz-server-side-encryption header is not supported for this operation.",
        )),
        false => Ok(()),
    }
}

/// Whether a condition such as `"a", "b"` or `*` matches the tag.
pub(super) fn tags_match(condition: &str, etag: &str) -> bool {
    condition == "*"
        || condition
            .split(',')
            .any(|tag| tag.trim().trim_matches('"') == etag.trim_matches('"'))
}
