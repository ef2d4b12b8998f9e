//! The operation of a request: its method, what it addresses, and the
//! subresource in its query.

use crate::api::ApiError;
use crate::wire::message::Request;
use crate::world::World;

use super::rest::{Answer, Call};
use super::{buckets, copy, listing, multipart, objects, uploads};

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

/// Carries out an operation.
pub(super) type Handler = fn(&Call<'_>, &mut World) -> Answer;

/// The operation's name and what carries it out; `Unknown` if it is not
/// simulated. An unknown subresource is never taken for the object itself.
pub(super) fn of(
    request: &Request,
    level: Level,
    parameters: &[(String, String)],
) -> (&'static str, Handler) {
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
        ("GET", Level::Account, []) => ("ListBuckets", buckets::list),
        ("PUT", Level::Bucket, []) => ("CreateBucket", buckets::create),
        ("HEAD", Level::Bucket, []) => ("HeadBucket", buckets::head),
        ("DELETE", Level::Bucket, []) => ("DeleteBucket", buckets::delete),
        ("GET", Level::Bucket, ["location"]) => ("GetBucketLocation", buckets::location),
        ("GET", Level::Bucket, ["versioning"]) => ("GetBucketVersioning", buckets::versioning),
        ("PUT", Level::Bucket, ["versioning"]) => ("PutBucketVersioning", buckets::put_versioning),
        ("GET", Level::Bucket, []) => ("ListObjects", listing::list),
        ("GET", Level::Bucket, ["list-type"]) => ("ListObjectsV2", listing::list),
        ("GET", Level::Bucket, ["versions"]) => ("ListObjectVersions", listing::list),
        ("GET", Level::Bucket, ["uploads"]) => ("ListMultipartUploads", uploads::list),
        ("POST", Level::Bucket, ["delete"]) => ("DeleteObjects", buckets::delete_objects),
        ("PUT", Level::Object, []) if copies => ("CopyObject", copy::object),
        ("PUT", Level::Object, []) => ("PutObject", objects::put),
        ("GET", Level::Object, []) => ("GetObject", objects::get),
        ("HEAD", Level::Object, []) => ("HeadObject", objects::get),
        ("DELETE", Level::Object, []) => ("DeleteObject", objects::delete),
        ("GET", Level::Object, ["tagging"]) => ("GetObjectTagging", objects::tagging),
        ("POST", Level::Object, ["uploads"]) => ("CreateMultipartUpload", multipart::create),
        ("PUT", Level::Object, ["partNumber", "uploadId"]) if copies => {
            ("UploadPartCopy", copy::part)
        }
        ("PUT", Level::Object, ["partNumber", "uploadId"]) => ("UploadPart", multipart::upload),
        ("GET", Level::Object, ["uploadId"]) => ("ListParts", uploads::parts),
        ("POST", Level::Object, ["uploadId"]) => ("CompleteMultipartUpload", multipart::complete),
        ("DELETE", Level::Object, ["uploadId"]) => ("AbortMultipartUpload", multipart::abort),
        _ => ("Unknown", |_, _| {
            let what = "This operation, or a parameter in its query,";
            Err(ApiError::not_simulated(what))
        }),
    }
}
