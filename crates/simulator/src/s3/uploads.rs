//! Lists of uploads and of their parts.

use crate::api::Failure;
use crate::wire::xml::element;
use crate::world::World;

use super::buckets::{owner, time};
use super::error::document;
use super::rest::{Answer, Call};

pub(super) fn parts(call: &Call<'_>, world: &World) -> Answer {
    let (id, upload) = world.s3.upload(call)?;
    let size = call.page_size("max-parts")?;
    let after = match call.parameter("part-number-marker").map(str::parse) {
        None => 0,
        Some(Ok(number)) => number,
        Some(Err(_)) => {
            let message = "Provided part-number-marker not an integer or within integer range";
            return Err(Failure::invalid_argument(message));
        }
    };
    let mut later = upload.parts.range(after + 1..);
    let page: Vec<_> = later.by_ref().take(size).collect();
    let last = page.last().map_or(after, |(number, _)| **number);
    let mut body: String = [
        ("Bucket", call.bucket.as_str()),
        ("Key", &call.key),
        ("UploadId", id),
        ("PartNumberMarker", &after.to_string()),
        ("NextPartNumberMarker", &last.to_string()),
        ("MaxParts", &size.to_string()),
        ("IsTruncated", &later.next().is_some().to_string()),
        ("StorageClass", "STANDARD"),
    ]
    .map(|(name, text)| element(name, text))
    .concat();
    body += &(owner("Owner") + &owner("Initiator"));
    if let Some(algorithm) = upload.algorithm {
        body += &element("ChecksumAlgorithm", &algorithm.name());
    }
    for (number, part) in page {
        let mut fields: String = [
            ("PartNumber", number.to_string()),
            ("LastModified", time(part.modified)),
            ("ETag", part.etag.clone()),
            ("Size", part.content.length().to_string()),
        ]
        .map(|(name, text)| element(name, &text))
        .concat();
        if let (Some(algorithm), Some(value)) = (upload.algorithm, &part.checksum) {
            fields += &element(&format!("Checksum{}", algorithm.name()), value);
        }
        body += &format!("<Part>{fields}</Part>");
    }
    Ok(document("ListPartsResult", &body))
}

pub(super) fn list(call: &Call<'_>, world: &World) -> Answer {
    world.s3.bucket(&call.bucket)?;
    let size = call.page_size("max-uploads")?;
    if call.parameter("delimiter").is_some_and(|it| !it.is_empty()) {
        return Err(Failure::not_simulated("A delimiter of uploads"));
    }
    let prefix = call.parameter("prefix").unwrap_or_default();
    // An upload begins after another with the same key, but its ID may not.
    let after = (
        call.parameter("key-marker").unwrap_or_default(),
        call.parameter("upload-id-marker").unwrap_or("g"),
    );
    let uploads = world.s3.uploads.iter();
    let mut found: Vec<_> = uploads
        .filter(|(id, upload)| {
            let is_later = (upload.key.as_str(), id.as_str()) > after;
            upload.bucket == call.bucket && upload.key.starts_with(prefix) && is_later
        })
        .collect();
    found.sort_by_key(|(id, upload)| (&upload.key, *id));
    let is_truncated = found.len() > size;
    found.truncate(size);
    let mut body = [
        ("Bucket", call.bucket.as_str()),
        ("Prefix", prefix),
        ("MaxUploads", &size.to_string()),
        ("IsTruncated", &is_truncated.to_string()),
    ]
    .map(|(name, text)| element(name, text))
    .concat();
    if let (true, Some((id, upload))) = (is_truncated, found.last()) {
        body += &element("NextKeyMarker", &upload.key);
        body += &element("NextUploadIdMarker", id);
    }
    for (id, upload) in found {
        let fields: String = [
            ("Key", upload.key.as_str()),
            ("UploadId", id),
            ("Initiated", &time(upload.started)),
            ("StorageClass", "STANDARD"),
        ]
        .map(|(name, text)| element(name, text))
        .concat();
        body += &format!(
            "<Upload>{fields}{}{}</Upload>",
            owner("Initiator"),
            owner("Owner")
        );
    }
    Ok(document("ListMultipartUploadsResult", &body))
}
