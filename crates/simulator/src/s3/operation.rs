//! The operation of a request: its method, what it addresses, and the
//! subresource in its query.

use crate::wire::message::Request;

/// Query parameters that select no other operation.
const PLAIN: [&str; 16] = [
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "key-marker",
    "marker",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "prefix",
    "start-after",
    "upload-id-marker",
    "version-id-marker",
    "versionId",
    "x-id",
];

/// What a request addresses.
#[derive(Clone, Copy)]
pub(super) enum Level {
    Account,
    Bucket,
    Object,
}

/// The operation's name; `Unknown` if it is not simulated. An unknown
/// subresource is never taken for the object itself.
pub(super) fn name(
    request: &Request,
    level: Level,
    parameters: &[(String, String)],
) -> &'static str {
    let mut subresources: Vec<&str> = parameters
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| {
            let is_signature = name.to_ascii_lowercase().starts_with("x-amz-");
            !PLAIN.contains(name) && !is_signature && !name.starts_with("response-")
        })
        .collect();
    subresources.sort_unstable();
    let copies = request.header("x-amz-copy-source").is_some();
    match (request.method.as_str(), level, subresources.as_slice()) {
        ("GET", Level::Account, []) => "ListBuckets",
        ("PUT", Level::Bucket, []) => "CreateBucket",
        ("HEAD", Level::Bucket, []) => "HeadBucket",
        ("DELETE", Level::Bucket, []) => "DeleteBucket",
        ("GET", Level::Bucket, ["location"]) => "GetBucketLocation",
        ("GET", Level::Bucket, ["versioning"]) => "GetBucketVersioning",
        ("PUT", Level::Bucket, ["versioning"]) => "PutBucketVersioning",
        ("GET", Level::Bucket, []) => "ListObjects",
        ("GET", Level::Bucket, ["list-type"]) => "ListObjectsV2",
        ("GET", Level::Bucket, ["versions"]) => "ListObjectVersions",
        ("GET", Level::Bucket, ["uploads"]) => "ListMultipartUploads",
        ("POST", Level::Bucket, ["delete"]) => "DeleteObjects",
        ("PUT", Level::Object, []) if copies => "CopyObject",
        ("PUT", Level::Object, []) => "PutObject",
        ("GET", Level::Object, []) => "GetObject",
        ("HEAD", Level::Object, []) => "HeadObject",
        ("DELETE", Level::Object, []) => "DeleteObject",
        ("GET", Level::Object, ["tagging"]) => "GetObjectTagging",
        ("POST", Level::Object, ["uploads"]) => "CreateMultipartUpload",
        ("PUT", Level::Object, ["partNumber", "uploadId"]) if copies => "UploadPartCopy",
        ("PUT", Level::Object, ["partNumber", "uploadId"]) => "UploadPart",
        ("GET", Level::Object, ["uploadId"]) => "ListParts",
        ("POST", Level::Object, ["uploadId"]) => "CompleteMultipartUpload",
        ("DELETE", Level::Object, ["uploadId"]) => "AbortMultipartUpload",
        _ => "Unknown",
    }
}
