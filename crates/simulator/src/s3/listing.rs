//! `ListObjectsV2`: keys in order, filtered by prefix, grouped at a delimiter,
//! in pages.

use std::fmt::Write as _;

use crate::api::Failure;
use crate::wire::message::{Reply, percent_decode, percent_encode};
use crate::wire::xml::{element, escape};

use super::{Object, S3};

/// Maximum number of keys per page (the service's own limit).
const MAX_KEYS: usize = 1000;

pub(super) fn list(
    s3: &S3,
    bucket: &str,
    parameters: &[(String, String)],
) -> Result<Reply, Failure> {
    let parameter = |name: &str| {
        parameters
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    };
    let prefix = parameter("prefix").unwrap_or("");
    let delimiter = parameter("delimiter").filter(|text| !text.is_empty());
    let after = match parameter("continuation-token") {
        Some(token) => percent_decode(token),
        None => parameter("start-after").unwrap_or_default().to_owned(),
    };
    let limit = match parameter("max-keys").map(str::parse::<usize>) {
        None => MAX_KEYS,
        Some(Ok(limit)) => limit.min(MAX_KEYS),
        Some(Err(_)) => {
            return Err(Failure::new(
                400,
                "InvalidArgument",
                "Provided max-keys not an integer or within integer range",
            ));
        }
    };
    let page = Page::collect(
        s3.bucket(bucket)?.objects.iter(),
        (prefix, delimiter, &after),
        limit,
    );
    let is_encoded = parameter("encoding-type") == Some("url");
    let body = page.xml(bucket, prefix, limit, is_encoded);
    Ok(Reply::new(200, body).with("content-type", "application/xml"))
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

    fn xml(&self, bucket: &str, prefix: &str, limit: usize, is_encoded: bool) -> String {
        let encode = |text: &str| match is_encoded {
            true => percent_encode(text).replace("%2F", "/"),
            false => text.to_owned(),
        };
        let mut xml = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
        );
        xml += &element("Name", bucket);
        xml += &element("Prefix", &encode(prefix));
        xml += &element("MaxKeys", &limit.to_string());
        let count = self.objects.len() + self.folders.len();
        xml += &element("KeyCount", &count.to_string());
        xml += &element("IsTruncated", &self.next.is_some().to_string());
        if is_encoded {
            xml += &element("EncodingType", "url");
        }
        if let Some(next) = self.next {
            // Any key fits into the URL of the next request.
            xml += &element("NextContinuationToken", &percent_encode(next));
        }
        for (key, object) in &self.objects {
            let _ = write!(
                xml,
                "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>{}</ETag>\
                 <Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
                escape(&encode(key)),
                object.last_modified.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                escape(&object.etag),
                object.content.length(),
            );
        }
        for folder in &self.folders {
            let _ = write!(
                xml,
                "<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>",
                escape(&encode(folder))
            );
        }
        xml + "</ListBucketResult>"
    }
}
