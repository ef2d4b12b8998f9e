//! The operations on buckets.

use crate::api::Failure;
use crate::wire::message::Reply;
use crate::wire::xml::{self, element};
use crate::world::World;

use super::error::document;
use super::rest::{Answer, Call};
use super::{checksum, chunked};

/// Maximum number of keys in one `DeleteObjects` (S3's own limit).
const MAX_DELETED: usize = 1000;

pub(super) fn list(call: &Call<'_>, world: &World) -> Reply {
    let prefix = call.parameter("prefix").unwrap_or_default();
    let buckets = world.s3.buckets.iter();
    let listed = buckets.filter(|(name, _)| name.starts_with(prefix));
    let listed = listed.map(|(name, bucket)| {
        let created = element("CreationDate", &time(bucket.created));
        let region = element("BucketRegion", &world.region);
        format!(
            "<Bucket>{}{created}{region}</Bucket>",
            element("Name", name)
        )
    });
    let listed: String = listed.collect();
    let body = format!("{}<Buckets>{listed}</Buckets>", owner("Owner"));
    document("ListAllMyBucketsResult", &body)
}

pub(super) fn create(call: &Call<'_>, world: &mut World) -> Answer {
    if world.s3.bucket(&call.bucket).is_ok() {
        return Err(Failure::new(
            409,
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
        ));
    }
    if !is_bucket_name(&call.bucket) {
        let message = "The specified bucket is not valid.";
        return Err(Failure::new(400, "InvalidBucketName", message));
    }
    let (body, _) = chunked::payload(call.request)?;
    if !body.is_empty() {
        let elements = xml::read(&body, "").ok_or_else(Failure::malformed_xml)?;
        let mut elements = elements
            .iter()
            .filter(|(name, _)| name == "LocationConstraint");
        let region = elements
            .next()
            .map_or("", |(_, fields)| xml::field(fields, ""));
        if !["", &world.region].contains(&region) {
            let message = "The specified location-constraint is not valid";
            return Err(Failure::new(400, "InvalidLocationConstraint", message)
                .with("LocationConstraint", region));
        }
    }
    let now = world.now();
    world.s3.create_bucket_at(&call.bucket, now);
    Ok(Reply::new(200, "").with("location", format!("/{}", call.bucket)))
}

pub(super) fn head(call: &Call<'_>, world: &World) -> Answer {
    world.s3.bucket(&call.bucket)?;
    Ok(Reply::new(200, "").with("x-amz-bucket-region", &world.region))
}

pub(super) fn delete(call: &Call<'_>, world: &mut World) -> Answer {
    if !world.s3.bucket(&call.bucket)?.objects.is_empty() {
        let message = "The bucket you tried to delete is not empty";
        return Err(Failure::new(409, "BucketNotEmpty", message).with("BucketName", &call.bucket));
    }
    world.s3.delete_bucket(&call.bucket);
    Ok(Reply::new(204, ""))
}

pub(super) fn location(call: &Call<'_>, world: &World) -> Answer {
    world.s3.bucket(&call.bucket)?;
    Ok(document("LocationConstraint", &world.region))
}

pub(super) fn versioning(call: &Call<'_>, world: &World) -> Answer {
    let bucket = world.s3.bucket(&call.bucket)?;
    let status = match (bucket.versioned, bucket.was_versioned) {
        (true, _) => element("Status", "Enabled"),
        (false, true) => element("Status", "Suspended"),
        (false, false) => String::new(),
    };
    Ok(document("VersioningConfiguration", &status))
}

pub(super) fn put_versioning(call: &Call<'_>, world: &mut World) -> Answer {
    world.s3.bucket(&call.bucket)?;
    let (body, _) = chunked::payload(call.request)?;
    let elements = xml::read(&body, "").ok_or_else(Failure::malformed_xml)?;
    let mut elements = elements.iter().filter(|(name, _)| name == "Status");
    let status = elements
        .next()
        .map_or("", |(_, fields)| xml::field(fields, ""));
    let is_enabled = status == "Enabled";
    if !is_enabled && status != "Suspended" {
        return Err(Failure::malformed_xml());
    }
    world.s3.set_versioned(&call.bucket, is_enabled);
    Ok(Reply::new(200, ""))
}

pub(super) fn delete_objects(call: &Call<'_>, world: &mut World) -> Answer {
    world.s3.bucket(&call.bucket)?;
    let payload = chunked::payload(call.request)?;
    checksum::verify(call.request, &payload)?;
    let elements = xml::read(&payload.0, "Object").ok_or_else(Failure::malformed_xml)?;
    let named = |wanted: &'static str| elements.iter().filter(move |(name, _)| name == wanted);
    let count = named("Object").count();
    if !(1..=MAX_DELETED).contains(&count) {
        return Err(Failure::malformed_xml());
    }
    let is_quiet = named("Quiet").any(|(_, fields)| xml::field(fields, "") == "true");
    let mut body = String::new();
    for (_, fields) in named("Object") {
        let key = xml::field(fields, "Key");
        let version = xml::field(fields, "VersionId");
        match world
            .s3
            .delete(&call.bucket, key, Some(version).filter(|it| !it.is_empty()))
        {
            Ok(()) if is_quiet => {}
            Ok(()) => body += &format!("<Deleted>{}</Deleted>", element("Key", key)),
            Err(error) => {
                let code = element("Code", &error.code) + &element("Message", &error.message);
                body += &format!("<Error>{}{code}</Error>", element("Key", key));
            }
        }
    }
    Ok(document("DeleteResult", &body))
}

/// The account as an element.
pub(super) fn owner(element: &str) -> String {
    format!(
        "<{element}><ID>{}</ID></{element}>",
        "0123456789abcdef".repeat(4)
    )
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
