//! Lists of uploads and of their parts.

use serde_json::{Value, json};

use crate::api::ApiError;
use crate::world::World;

use super::buckets::{owner, time};
use super::checksum::Algorithm;
use super::error::document;
use super::rest::{Answer, Call};

pub(super) fn parts(call: &Call<'_>, world: &mut World) -> Answer {
    let (id, upload) = world.s3.upload(call)?;
    let size = call.page_size("max-parts")?;
    let after = match call.parameter("part-number-marker").map(str::parse) {
        None => 0,
        Some(Ok(number)) => number,
        Some(Err(_)) => {
            let message = "Provided part-number-marker not an integer or within integer range";
            return Err(ApiError::invalid_argument(message));
        }
    };
    let mut later = upload.parts.range(after + 1..);
    let page: Vec<_> = later.by_ref().take(size).collect();
    let last = page.last().map_or(after, |(number, _)| **number);
    let parts = page.into_iter().map(|(number, part)| {
        let mut shown = json!({
            "PartNumber": number,
            "LastModified": time(part.modified),
            "ETag": part.etag,
            "Size": part.content.length(),
        });
        if let (Some(algorithm), Some(value)) = (upload.algorithm, &part.checksum) {
            shown[format!("Checksum{}", algorithm.name())] = json!(value);
        }
        shown
    });
    let shown = json!({
        "Bucket": call.bucket,
        "Key": call.key,
        "UploadId": id,
        "PartNumberMarker": after,
        "NextPartNumberMarker": last,
        "MaxParts": size,
        "StorageClass": "STANDARD",
        "Owner": owner(),
        "Initiator": owner(),
        "ChecksumAlgorithm": upload.algorithm.map(Algorithm::name),
        "Part": parts.collect::<Vec<Value>>(),
        "IsTruncated": later.next().is_some(),
    });
    Ok(document("ListPartsResult", &shown))
}

pub(super) fn list(call: &Call<'_>, world: &mut World) -> Answer {
    world.s3.bucket(&call.bucket)?;
    let size = call.page_size("max-uploads")?;
    if call.parameter("delimiter").is_some_and(|it| !it.is_empty()) {
        return Err(ApiError::not_simulated("A delimiter of uploads"));
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
    let last = found.last().filter(|_| is_truncated);
    let uploads = found.iter().map(|(id, upload)| {
        json!({
            "Key": upload.key,
            "UploadId": id,
            "Initiated": time(upload.started),
            "StorageClass": "STANDARD",
            "Initiator": owner(),
            "Owner": owner(),
        })
    });
    let shown = json!({
        "Bucket": call.bucket,
        "Prefix": prefix,
        "MaxUploads": size,
        "IsTruncated": is_truncated,
        "NextKeyMarker": last.map(|(_, upload)| &upload.key),
        "NextUploadIdMarker": last.map(|(id, _)| id),
        "Upload": uploads.collect::<Vec<Value>>(),
    });
    Ok(document("ListMultipartUploadsResult", &shown))
}
