//! The headers that S3 keeps with an object and returns with it.

use crate::api::ApiError;
use crate::wire::message::{Reply, Request};

use super::Object;

/// Kept as they are, besides `x-amz-meta-…`.
const KEPT: [&str; 10] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-storage-class",
];

/// What begins the names of headers that ask for something else.
const REFUSED: [&str; 6] = [
    "x-amz-grant-",
    "x-amz-object-lock-",
    "x-amz-server-side-encryption-customer-",
    "x-amz-tagging",
    "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",
];

/// ACLs that a bucket takes whose owner owns all objects, which is S3's default.
const ACLS: [&str; 2] = ["bucket-owner-full-control", "private"];

/// S3's own limit for the names and values of the user's metadata.
const MAX_METADATA: usize = 2 << 10;

const METADATA: &str = "x-amz-meta-";

/// The headers of an upload that are kept.
pub(super) fn kept(request: &Request) -> Result<Vec<(String, String)>, ApiError> {
    refuse_unknown(request)?;
    let mut kept = Vec::new();
    let mut metadata = 0;
    for (name, value) in &request.headers {
        if let Some(key) = name.strip_prefix(METADATA) {
            metadata += key.len() + value.len();
        } else if !KEPT.contains(&name.as_str()) || value == "STANDARD" {
            continue;
        }
        let value = match name.as_str() {
            // The transfer is over; the object is not in chunks.
            "content-encoding" => without_chunked(value),
            _ => value.trim().to_owned(),
        };
        if !value.is_empty() {
            kept.push((name.clone(), value));
        }
    }
    if metadata > MAX_METADATA {
        return Err(ApiError::new(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
        ));
    }
    Ok(kept)
}

/// Refuses what would otherwise be lost without a word.
pub(super) fn refuse_unknown(request: &Request) -> Result<(), ApiError> {
    let names = request.headers.iter().map(|(name, _)| name);
    let mut refused = names.filter(|name| REFUSED.iter().any(|it| name.starts_with(it)));
    if let Some(name) = refused.next() {
        return Err(ApiError::not_simulated(&format!("The header {name}")));
    }
    match request.header("x-amz-acl") {
        Some(acl) if !ACLS.contains(&acl) => Err(ApiError::new(
            "AccessControlListNotSupported",
            "The bucket does not allow ACLs",
        )),
        Some(_) | None => Ok(()),
    }
}

fn without_chunked(encodings: &str) -> String {
    let encodings = encodings.split(',').map(str::trim);
    let kept: Vec<&str> = encodings.filter(|it| *it != "aws-chunked").collect();
    kept.join(",")
}

/// Adds the headers of an object. A parameter such as `response-content-type`
/// replaces one.
pub(super) fn describe(reply: Reply, object: &Object, parameters: &[(String, String)]) -> Reply {
    let modified = object.last_modified.strftime("%a, %d %b %Y %H:%M:%S GMT");
    let mut reply = reply
        .with("etag", &object.etag)
        .with("accept-ranges", "bytes")
        .with("last-modified", modified.to_string());
    reply.headers.extend(object.headers.iter().cloned());
    let replaced = parameters.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix("response-")?;
        Some((name, value)).filter(|_| KEPT[..6].contains(&name))
    });
    for (name, value) in replaced {
        reply.headers.retain(|(kept, _)| kept != name);
        reply = reply.with(name, value);
    }
    match reply.headers.iter().any(|(name, _)| name == "content-type") {
        true => reply,
        false => reply.with("content-type", "binary/octet-stream"),
    }
}
