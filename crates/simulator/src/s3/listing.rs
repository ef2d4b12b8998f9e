//! Lists of objects: keys in order, filtered by prefix, grouped at a delimiter,
//! in pages.

use serde_json::json;

use crate::wire::message::{percent_decode, percent_encode};
use crate::world::World;

use super::Object;
use super::buckets::{owner, time};
use super::error::document;
use super::rest::{Answer, Call};

pub(super) fn list(call: &Call<'_>, world: &mut World) -> Answer {
    let prefix = call.parameter("prefix").unwrap_or("");
    let delimiter = call.parameter("delimiter").filter(|it| !it.is_empty());
    let token = call.parameter("continuation-token");
    let marker = match call.operation {
        "ListObjectsV2" => "start-after",
        "ListObjectVersions" => "key-marker",
        _ => "marker",
    };
    let marker = call.parameter(marker).unwrap_or_default();
    let after = token.map_or_else(|| marker.to_owned(), percent_decode);
    let limit = call.page_size("max-keys")?;
    let bucket = world.s3.bucket(&call.bucket)?;
    let page = Page::collect(bucket.objects.iter(), (prefix, delimiter, &after), limit);
    let is_encoded = call.parameter("encoding-type") == Some("url");
    let encode = |text: &str| match is_encoded {
        true => percent_encode(text).replace("%2F", "/"),
        false => text.to_owned(),
    };
    let next = page.next.unwrap_or_default();
    // Where the next page begins, if there is one.
    let then = |text: String| page.next.is_some().then_some(text);
    let mut shown = json!({
        "Name": call.bucket,
        "Prefix": encode(prefix),
        "MaxKeys": limit,
        "IsTruncated": page.next.is_some(),
        "Delimiter": delimiter.map(encode),
        "EncodingType": is_encoded.then_some("url"),
    });
    match call.operation {
        "ListObjectsV2" => {
            shown["KeyCount"] = json!(page.objects.len() + page.folders.len());
            shown["ContinuationToken"] = json!(token);
            shown["StartAfter"] = json!(call.parameter("start-after").map(encode));
            // Any key fits into the URL of the next request.
            shown["NextContinuationToken"] = json!(then(percent_encode(next)));
        }
        "ListObjectVersions" => {
            let last = bucket.objects.get(next);
            let version = last.map_or("", |it| it.version_id.as_str());
            shown["KeyMarker"] = json!(encode(marker));
            shown["VersionIdMarker"] = json!("");
            shown["NextKeyMarker"] = json!(then(encode(next)));
            shown["NextVersionIdMarker"] = json!(then(version.to_owned()));
        }
        _ => {
            shown["Marker"] = json!(encode(marker));
            // Without a delimiter, a client continues after the last key.
            shown["NextMarker"] = json!(delimiter.and_then(|_| then(encode(next))));
        }
    }
    let is_of_versions = call.operation == "ListObjectVersions";
    let has_owner =
        call.operation != "ListObjectsV2" || call.parameter("fetch-owner") == Some("true");
    let objects = page.objects.iter().map(|(key, object)| {
        let version = match bucket.was_versioned {
            true => object.version_id.as_str(),
            false => "null",
        };
        json!({
            "Key": encode(key),
            "VersionId": is_of_versions.then_some(version),
            "IsLatest": is_of_versions.then_some(true),
            "LastModified": time(object.last_modified),
            "ETag": object.etag,
            "Size": object.content.length(),
            "StorageClass": "STANDARD",
            "Owner": has_owner.then(owner),
        })
    });
    let folders = page.folders.iter();
    let folders = folders.map(|folder| json!({ "Prefix": encode(folder) }));
    let (root, member) = match is_of_versions {
        true => ("ListVersionsResult", "Version"),
        false => ("ListBucketResult", "Contents"),
    };
    shown[member] = objects.collect();
    shown["CommonPrefixes"] = folders.collect();
    Ok(document(root, &shown))
}

#[derive(Default)]
struct Page<'a> {
    objects: Vec<(&'a str, &'a Object)>,
    folders: Vec<&'a str>,
    /// Last key or common prefix of this page, if more follow.
    next: Option<&'a str>,
}

impl<'a> Page<'a> {
    fn collect(
        all: impl Iterator<Item = (&'a String, &'a Object)>,
        (prefix, delimiter, after): (&str, Option<&str>, &str),
        limit: usize,
    ) -> Self {
        let mut page = Self::default();
        let mut last = None;
        for (key, object) in all {
            let Some(rest) = key.strip_prefix(prefix) else {
                continue;
            };
            let folder = delimiter
                .and_then(|text| rest.find(text).map(|at| at + text.len()))
                .map(|length| &key[..prefix.len() + length]);
            let name = folder.unwrap_or(key);
            if name <= after || last == Some(name) {
                continue;
            }
            if page.objects.len() + page.folders.len() == limit {
                page.next = last;
                break;
            }
            last = Some(name);
            match folder {
                Some(folder) => page.folders.push(folder),
                None => page.objects.push((key, object)),
            }
        }
        page
    }
}
