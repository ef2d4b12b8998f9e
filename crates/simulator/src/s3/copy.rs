//! Copies of objects and parts of them, within the account.

use serde_json::json;

use crate::api::ApiError;
use crate::wire::message::percent_decode;
use crate::world::World;

use super::buckets::time;
use super::error::document;
use super::headers::{kept, refuse_unknown};
use super::multipart;
use super::objects::{check_conditions, tags_match, with_version};
use super::range::{Selection, select};
use super::rest::{Answer, Call};
use super::{Content, Object};

/// Largest object that can be copied at once (S3's own limit).
const MAX_COPY: u64 = 5 << 30;

pub(super) fn object(call: &Call<'_>, world: &mut World) -> Answer {
    let request = call.request;
    check_conditions(call, world)?;
    let source = source(call, world)?;
    if source.content.length() > MAX_COPY {
        return Err(ApiError::invalid_request(
            "The specified copy source is larger than the maximum allowable size for a copy \
             source: 5368709120",
        ));
    }
    let (content, checksum) = (source.content.clone(), source.checksum.clone());
    let replaces = request.header("x-amz-metadata-directive") == Some("REPLACE");
    let headers = match replaces {
        true => kept(request)?,
        false => {
            refuse_unknown(request)?;
            source.headers.clone()
        }
    };
    let changes = |(name, _): &(String, String)| {
        name.starts_with("x-amz-server-side-encryption") || name == "x-amz-storage-class"
    };
    let present = world.s3.get(&call.bucket, &call.key).ok();
    if !replaces
        && present.is_some_and(|it| std::ptr::eq(it, source))
        && !request.headers.iter().any(changes)
    {
        return Err(ApiError::invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself \
             without changing the object's metadata, storage class, website redirect location or \
             encryption attributes.",
        ));
    }
    let now = world.now();
    let place = (call.bucket.as_str(), call.key.as_str());
    let copy = world.s3.put(&mut world.names, now, place, content)?;
    (copy.headers, copy.checksum) = (headers, checksum);
    let shown = json!({ "ETag": copy.etag, "LastModified": time(now) });
    let version = copy.version_id.clone();
    let reply = document("CopyObjectResult", &shown);
    Ok(with_version(call, reply, world, &version))
}

pub(super) fn part(call: &Call<'_>, world: &mut World) -> Answer {
    let content = part_of_source(call, world)?;
    let now = world.now();
    let etag = multipart::store(call, world, content, None)?;
    let shown = json!({ "ETag": etag, "LastModified": time(now) });
    Ok(document("CopyPartResult", &shown))
}

fn part_of_source(call: &Call<'_>, world: &World) -> Result<Content, ApiError> {
    let content = &source(call, world)?.content;
    let length = content.length();
    let range = call.request.header("x-amz-copy-source-range");
    let part = match select(range, length) {
        Selection::Whole if range.is_none() => return Ok(content.clone()),
        // The end must be within the object, unlike that of a read.
        Selection::Part(part)
            if range.is_some_and(|it| it.ends_with(&format!("-{}", part.end - 1))) =>
        {
            part
        }
        Selection::Part(_) | Selection::Whole | Selection::Unsatisfiable => {
            return Err(ApiError::invalid_argument(&format!(
                "Range specified is not valid for source object of size: {length}"
            )));
        }
    };
    content.part(part).ok_or_else(ApiError::malformed_xml)
}

/// The source `/bucket/key?versionId=…`.
fn source<'w>(call: &Call<'_>, world: &'w World) -> Result<&'w Object, ApiError> {
    let header = |name| call.request.header(name);
    let given = header("x-amz-copy-source").unwrap_or_default();
    let (path, version) = match given.split_once("?versionId=") {
        Some((path, version)) => (path, Some(version)),
        None => (given, None),
    };
    let path = percent_decode(path);
    let path = path.strip_prefix('/').unwrap_or(&path);
    let Some((bucket, key)) = path.split_once('/') else {
        let message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey";
        return Err(ApiError::invalid_argument(message));
    };
    let object = world.s3.get(bucket, key)?;
    if !world.s3.bucket(bucket)?.has_version(object, version) {
        return Err(ApiError::no_such_version());
    }
    let unmet = header("x-amz-copy-source-if-match")
        .is_some_and(|it| !tags_match(it, &object.etag))
        || header("x-amz-copy-source-if-none-match").is_some_and(|it| tags_match(it, &object.etag));
    match unmet {
        true => Err(ApiError::precondition("x-amz-copy-source-If-Match")),
        false => Ok(object),
    }
}
