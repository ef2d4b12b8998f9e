//! Lists of objects: keys in order, filtered by prefix, grouped at a delimiter,
//! in pages.

use crate::wire::message::{percent_decode, percent_encode};
use crate::wire::xml::element;
use crate::world::World;

use super::Object;
use super::buckets::{owner, time};
use super::error::document;
use super::rest::{Answer, Call};

pub(super) fn list(call: &Call<'_>, world: &World) -> Answer {
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
    let is_truncated = page.next.is_some();
    let next = page.next.unwrap_or_default();
    let mut fields = vec![
        ("Name", call.bucket.clone()),
        ("Prefix", encode(prefix)),
        ("MaxKeys", limit.to_string()),
        ("IsTruncated", is_truncated.to_string()),
    ];
    fields.extend(delimiter.map(|it| ("Delimiter", encode(it))));
    fields.extend(is_encoded.then(|| ("EncodingType", "url".to_owned())));
    match call.operation {
        "ListObjectsV2" => {
            let count = page.objects.len() + page.folders.len();
            fields.push(("KeyCount", count.to_string()));
            fields.extend(token.map(|it| ("ContinuationToken", it.to_owned())));
            fields.extend(
                call.parameter("start-after")
                    .map(|it| ("StartAfter", encode(it))),
            );
            // Any key fits into the URL of the next request.
            let token = ("NextContinuationToken", percent_encode(next));
            fields.extend(is_truncated.then_some(token));
        }
        "ListObjectVersions" => {
            fields.extend([
                ("KeyMarker", encode(marker)),
                ("VersionIdMarker", String::new()),
            ]);
            let version = bucket
                .objects
                .get(next)
                .map_or("", |it| it.version_id.as_str());
            let markers = [
                ("NextKeyMarker", encode(next)),
                ("NextVersionIdMarker", version.into()),
            ];
            fields.extend(markers.into_iter().filter(|_| is_truncated));
        }
        _ => {
            fields.push(("Marker", encode(marker)));
            // Without a delimiter, a client continues after the last key.
            let is_named = is_truncated && delimiter.is_some();
            fields.extend(is_named.then(|| ("NextMarker", encode(next))));
        }
    }
    let mut body: String = fields
        .iter()
        .map(|(name, text)| element(name, text))
        .collect();
    let owned = match call.operation {
        "ListObjectsV2" if call.parameter("fetch-owner") != Some("true") => String::new(),
        _ => owner("Owner"),
    };
    for (key, object) in &page.objects {
        let fields = [
            ("Key", encode(key)),
            ("LastModified", time(object.last_modified)),
            ("ETag", object.etag.clone()),
            ("Size", object.content.length().to_string()),
            ("StorageClass", "STANDARD".to_owned()),
        ];
        let fields = fields.map(|(name, text)| element(name, &text)).concat() + &owned;
        body += &match call.operation {
            "ListObjectVersions" => {
                let id = if bucket.was_versioned {
                    &object.version_id
                } else {
                    "null"
                };
                let version = element("VersionId", id) + &element("IsLatest", "true");
                format!("<Version>{version}{fields}</Version>")
            }
            _ => format!("<Contents>{fields}</Contents>"),
        };
    }
    for folder in &page.folders {
        let prefix = element("Prefix", &encode(folder));
        body += &format!("<CommonPrefixes>{prefix}</CommonPrefixes>");
    }
    let root = match call.operation {
        "ListObjectVersions" => "ListVersionsResult",
        _ => "ListBucketResult",
    };
    Ok(document(root, &body))
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
