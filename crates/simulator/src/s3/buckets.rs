//! The operations on buckets.

use serde_json::{Value, json};

use crate::api::ApiError;
use crate::wire::message::Reply;
use crate::wire::xml;
use crate::world::World;

use super::error::document;
use super::rest::{Answer, Call};
use super::{checksum, chunked};

/// Maximum number of keys in one `DeleteObjects` (S3's own limit).
const MAX_DELETED: usize = 1000;

pub(super) fn list(call: &Call<'_>, world: &mut World) -> Answer {
    let prefix = call.parameter("prefix").unwrap_or_default();
    let buckets = world.s3.buckets.iter();
    let listed = buckets.filter(|(name, _)| name.starts_with(prefix));
    let listed = listed.map(|(name, bucket)| {
        json!({
            "Name": name,
            "CreationDate": time(bucket.created),
            "BucketRegion": world.region,
        })
    });
    let buckets = json!({ "Bucket": listed.collect::<Vec<_>>() });
    let shown = json!({ "Owner": owner(), "Buckets": buckets });
    Ok(document("ListAllMyBucketsResult", &shown))
}

pub(super) fn create(call: &Call<'_>, world: &mut World) -> Answer {
    if world.s3.bucket(&call.bucket).is_ok() {
        return Err(ApiError::with_status(
            409,
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
        ));
    }
    if !is_bucket_name(&call.bucket) {
        let message = "The specified bucket is not valid.";
        return Err(ApiError::new("InvalidBucketName", message));
    }
    let (body, _) = chunked::payload(call.request)?;
    if !body.is_empty() {
        let read = xml::read(&body, "").ok_or_else(ApiError::malformed_xml)?;
        let region = xml::field(&read.texts, "LocationConstraint");
        if !["", &world.region].contains(&region) {
            let message = "The specified location-constraint is not valid";
            return Err(ApiError::new("InvalidLocationConstraint", message)
                .with("LocationConstraint", region));
        }
    }
    let now = world.now();
    world.s3.create_bucket_at(&call.bucket, now);
    Ok(Reply::new(200, "").with("location", format!("/{}", call.bucket)))
}

pub(super) fn head(call: &Call<'_>, world: &mut World) -> Answer {
    world.s3.bucket(&call.bucket)?;
    Ok(Reply::new(200, "").with("x-amz-bucket-region", &world.region))
}

pub(super) fn delete(call: &Call<'_>, world: &mut World) -> Answer {
    if !world.s3.bucket(&call.bucket)?.objects.is_empty() {
        let message = "The bucket you tried to delete is not empty";
        return Err(
            ApiError::with_status(409, "BucketNotEmpty", message).with("BucketName", &call.bucket)
        );
    }
    world.s3.delete_bucket(&call.bucket);
    Ok(Reply::new(204, ""))
}

pub(super) fn location(call: &Call<'_>, world: &mut World) -> Answer {
    world.s3.bucket(&call.bucket)?;
    Ok(document("LocationConstraint", &json!(world.region)))
}

pub(super) fn versioning(call: &Call<'_>, world: &mut World) -> Answer {
    let bucket = world.s3.bucket(&call.bucket)?;
    let status = match (bucket.versioned, bucket.was_versioned) {
        (true, _) => Some("Enabled"),
        (false, true) => Some("Suspended"),
        (false, false) => None,
    };
    let shown = json!({ "Status": status });
    Ok(document("VersioningConfiguration", &shown))
}

pub(super) fn put_versioning(call: &Call<'_>, world: &mut World) -> Answer {
    world.s3.bucket(&call.bucket)?;
    let (body, _) = chunked::payload(call.request)?;
    let read = xml::read(&body, "").ok_or_else(ApiError::malformed_xml)?;
    let status = xml::field(&read.texts, "Status");
    let is_enabled = status == "Enabled";
    if !is_enabled && status != "Suspended" {
        return Err(ApiError::malformed_xml());
    }
    world.s3.set_versioned(&call.bucket, is_enabled);
    Ok(Reply::new(200, ""))
}

pub(super) fn delete_objects(call: &Call<'_>, world: &mut World) -> Answer {
    world.s3.bucket(&call.bucket)?;
    let payload = chunked::payload(call.request)?;
    checksum::verify(call.request, &payload)?;
    let read = xml::read(&payload.0, "Object").ok_or_else(ApiError::malformed_xml)?;
    if !(1..=MAX_DELETED).contains(&read.records.len()) {
        return Err(ApiError::malformed_xml());
    }
    let is_quiet = xml::field(&read.texts, "Quiet") == "true";
    let mut deleted = Vec::new();
    for fields in &read.records {
        let key = xml::field(fields, "Key");
        let version = Some(xml::field(fields, "VersionId")).filter(|it| !it.is_empty());
        world.s3.delete(&call.bucket, key, version)?;
        deleted.push(json!({ "Key": key }));
    }
    let shown = json!({ "Deleted": (!is_quiet).then_some(deleted) });
    Ok(document("DeleteResult", &shown))
}

/// The account, in a document.
pub(super) fn owner() -> Value {
    json!({ "ID": "0123456789abcdef".repeat(4) })
}

/// A time in a document.
pub(super) fn time(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
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
