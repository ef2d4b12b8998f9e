//! Uploads in parts: how one begins, grows, and ends.

use std::collections::BTreeMap;

use serde_json::json;

use crate::api::ApiError;
use crate::wire::message::Reply;
use crate::wire::xml;
use crate::world::World;

use super::checksum::{self, Algorithm};
use super::error::document;
use super::headers::kept;
use super::objects::{check_conditions, with_version};
use super::parts::{Named, Part, Upload};
use super::rest::{Answer, Call};
use super::{Content, chunked};

/// Maximum number of parts (S3's own limit).
pub(super) const MAX_PARTS: u32 = 10_000;

pub(super) fn create(call: &Call<'_>, world: &mut World) -> Answer {
    let headers = kept(call.request)?;
    let algorithm = call.request.header("x-amz-checksum-algorithm");
    let algorithm = algorithm.map(Algorithm::named).transpose()?;
    let kind = call.request.header("x-amz-checksum-type");
    let is_composite = match (algorithm, kind) {
        (None, Some(_)) => {
            return Err(ApiError::invalid_request(
                "The x-amz-checksum-type header can only be used with the \
                 x-amz-checksum-algorithm header.",
            ));
        }
        (Some(Algorithm::Crc64Nvme), Some("COMPOSITE"))
        | (Some(Algorithm::Sha1 | Algorithm::Sha256), Some("FULL_OBJECT")) => {
            return Err(ApiError::invalid_request(format!(
                "The {} checksum type cannot be used with the {} checksum algorithm.",
                kind.unwrap_or_default(),
                algorithm
                    .map(Algorithm::name)
                    .unwrap_or_default()
                    .to_lowercase(),
            )));
        }
        (Some(Algorithm::Crc64Nvme) | None, _) | (_, Some("FULL_OBJECT")) => false,
        (Some(_), _) => true,
    };
    let upload = Upload {
        bucket: call.bucket.clone(),
        key: call.key.clone(),
        started: world.now(),
        headers,
        algorithm,
        is_composite,
        parts: BTreeMap::new(),
    };
    let id = world.names.hex();
    world.s3.begin_upload(id.clone(), upload)?;
    let shown = json!({ "Bucket": call.bucket, "Key": call.key, "UploadId": id });
    let reply = document("InitiateMultipartUploadResult", &shown);
    Ok(match algorithm {
        Some(algorithm) => reply
            .with("x-amz-checksum-algorithm", algorithm.name())
            .with("x-amz-checksum-type", checksum::kind(is_composite)),
        None => reply,
    })
}

pub(super) fn upload(call: &Call<'_>, world: &mut World) -> Answer {
    let payload = chunked::payload(call.request)?;
    let checksum = checksum::verify(call.request, &payload)?;
    let etag = store(call, world, payload.0.into(), checksum.clone())?;
    let reply = Reply::new(200, "").with("etag", etag);
    Ok(match checksum {
        Some((algorithm, value)) => reply.with(&algorithm.header(), value),
        None => reply,
    })
}

/// Stores a part and returns its tag. A part with the same number is replaced.
pub(super) fn store(
    call: &Call<'_>,
    world: &mut World,
    content: Content,
    checksum: Option<(Algorithm, String)>,
) -> Result<String, ApiError> {
    let number = call.parameter("partNumber").and_then(|it| it.parse().ok());
    let number = number.filter(|number| (1..=MAX_PARTS).contains(number));
    let number = number.ok_or_else(|| {
        ApiError::invalid_argument("Part number must be an integer between 1 and 10000, inclusive")
    })?;
    let algorithm = world.s3.upload(call)?.1.algorithm;
    if let (Some(wanted), Some((given, _))) = (algorithm, &checksum)
        && wanted != *given
    {
        return Err(ApiError::invalid_request(format!(
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
            wanted.name().to_lowercase(),
            given.name().to_lowercase(),
        )));
    }
    let calculate = |algorithm| Algorithm::of(algorithm, content.blocks());
    let checksum = match checksum {
        Some((_, value)) => Some(value).filter(|_| algorithm.is_some()),
        None => algorithm.map(calculate),
    };
    let part = Part {
        etag: content.etag(),
        content,
        checksum,
        modified: world.now(),
    };
    let etag = part.etag.clone();
    world.s3.add_part(call, number, part)?;
    Ok(etag)
}

pub(super) fn complete(call: &Call<'_>, world: &mut World) -> Answer {
    let (id, upload) = world.s3.upload(call)?;
    let payload = chunked::payload(call.request)?;
    let read = xml::read(&payload.0, "Part").ok_or_else(ApiError::malformed_xml)?;
    let checksum_element = upload.algorithm.map(|it| format!("Checksum{}", it.name()));
    let named: Vec<Named<'_>> = read
        .records
        .iter()
        .map(|fields| {
            let checksum = checksum_element.as_deref().map(|it| xml::field(fields, it));
            Some(Named {
                number: xml::field(fields, "PartNumber").parse().ok()?,
                etag: xml::field(fields, "ETag"),
                checksum: checksum.filter(|it| !it.is_empty()),
            })
        })
        .collect::<Option<_>>()
        .ok_or_else(ApiError::malformed_xml)?;
    check_conditions(call, world)?;
    // The checksum is the object's, not that of this body.
    let announced = checksum::announced(&call.request.headers)?;
    let assembled = upload.assemble(id, &named, announced)?;
    let size = assembled.length.to_string();
    if let Some(announced) = call.request.header("x-amz-mp-object-size")
        && announced != size
    {
        return Err(ApiError::invalid_request(format!(
            "The provided 'x-amz-mp-object-size' header value {announced} does not match what \
             was computed: {size}"
        )));
    }
    let id = id.to_owned();
    let now = world.now();
    let object = world.s3.end_upload(&mut world.names, now, &id, assembled)?;
    let host = call.request.header("host").unwrap_or("localhost");
    let location = format!("http://{host}{}", call.request.path);
    let mut shown = json!({
        "Location": location,
        "Bucket": call.bucket,
        "Key": call.key,
        "ETag": object.etag,
    });
    if let Some(checksum) = &object.checksum {
        shown[format!("Checksum{}", checksum.algorithm.name())] = json!(checksum.value);
        shown["ChecksumType"] = json!(checksum::kind(checksum.is_composite));
    }
    let version = object.version_id.clone();
    let reply = document("CompleteMultipartUploadResult", &shown);
    Ok(with_version(call, reply, world, &version))
}

pub(super) fn abort(call: &Call<'_>, world: &mut World) -> Answer {
    let id = world.s3.upload(call)?.0.to_owned();
    world.s3.uploads.remove(&id);
    Ok(Reply::new(204, ""))
}
