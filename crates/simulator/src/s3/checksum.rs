//! Checksums of uploads: verified if the client sends one, kept, and returned
//! to a client that asks. One that the client does not send is not calculated.

use aws_smithy_checksums::ChecksumAlgorithm;
use aws_smithy_types::base64;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use crate::api::ApiError;
use crate::wire::message::{Reply, Request};

/// What begins the names of the headers with a checksum.
const HEADER: &str = "x-amz-checksum-";

/// Headers that begin so and hold no checksum.
const OTHERS: [&str; 3] = ["algorithm", "mode", "type"];

/// An object's checksum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checksum {
    pub(super) algorithm: Algorithm,
    /// In Base64; of a composite one with the number of parts.
    pub(super) value: String,
    /// Of the parts' checksums, and not of all bytes.
    pub(super) is_composite: bool,
}

/// The algorithms that the clients have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    /// Finds an algorithm by its name, in any case.
    pub(super) fn named(name: &str) -> Result<Self, ApiError> {
        match name.to_ascii_lowercase().as_str() {
            "crc32" => Ok(Self::Crc32),
            "crc32c" => Ok(Self::Crc32c),
            "crc64nvme" => Ok(Self::Crc64Nvme),
            "sha1" => Ok(Self::Sha1),
            "sha256" => Ok(Self::Sha256),
            _ => Err(ApiError::not_simulated(&format!(
                "The checksum algorithm {name}"
            ))),
        }
    }

    /// The algorithm's name in upper case.
    pub(super) fn name(self) -> String {
        self.implementation().as_str().to_ascii_uppercase()
    }

    /// The name of the header with the checksum.
    pub(super) fn header(self) -> String {
        format!("{HEADER}{}", self.implementation().as_str())
    }

    fn implementation(self) -> ChecksumAlgorithm {
        match self {
            Self::Crc32 => ChecksumAlgorithm::Crc32,
            Self::Crc32c => ChecksumAlgorithm::Crc32c,
            Self::Crc64Nvme => ChecksumAlgorithm::Crc64Nvme,
            Self::Sha1 => ChecksumAlgorithm::Sha1,
            Self::Sha256 => ChecksumAlgorithm::Sha256,
        }
    }

    /// The checksum in Base64.
    pub(super) fn of<'a>(self, blocks: impl IntoIterator<Item = &'a [u8]>) -> String {
        let mut state = self.implementation().into_impl();
        blocks.into_iter().for_each(|block| state.update(block));
        base64::encode(state.finalize())
    }

    /// The checksum of the checksums of parts.
    pub(super) fn composite<'a>(self, parts: impl Iterator<Item = &'a str>) -> String {
        let parts: Vec<Vec<u8>> = parts.filter_map(|it| base64::decode(it).ok()).collect();
        format!(
            "{}-{}",
            self.of(parts.iter().map(Vec::as_slice)),
            parts.len()
        )
    }
}

impl Checksum {
    /// Adds the headers with the checksum.
    pub(super) fn describe(&self, reply: Reply) -> Reply {
        reply
            .with(&self.algorithm.header(), &self.value)
            .with("x-amz-checksum-type", kind(self.is_composite))
    }
}

/// The name of a checksum's type.
pub(super) fn kind(is_composite: bool) -> &'static str {
    if is_composite {
        "COMPOSITE"
    } else {
        "FULL_OBJECT"
    }
}

/// The checksum in the headers, which may come after the body.
pub(super) fn announced<'a>(
    headers: impl IntoIterator<Item = &'a (String, String)>,
) -> Result<Option<(Algorithm, &'a str)>, ApiError> {
    let mut found = None;
    for (name, value) in headers {
        let algorithm = name.strip_prefix(HEADER);
        let Some(algorithm) = algorithm.filter(|it| !OTHERS.contains(it)) else {
            continue;
        };
        if found.is_some() {
            return Err(ApiError::invalid_request(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not \
                 allowed.",
            ));
        }
        found = Some((Algorithm::named(algorithm)?, value.trim()));
    }
    Ok(found)
}

/// Compares a body with the checksums that came with it.
pub(super) fn verify(
    request: &Request,
    (body, trailers): &(Vec<u8>, Vec<(String, String)>),
) -> Result<Option<(Algorithm, String)>, ApiError> {
    if let Some(announced) = request.header("content-md5") {
        let invalid = || {
            let message = "The Content-MD5 you specified was invalid.";
            ApiError::new("InvalidDigest", message)
        };
        let digest = base64::decode(announced).map_err(|_| invalid())?;
        if digest.len() != 16 {
            return Err(invalid());
        }
        if digest != Md5::digest(body).as_slice() {
            return Err(bad_digest("Content-MD5"));
        }
    }
    let Some((algorithm, value)) = announced(request.headers.iter().chain(trailers))? else {
        return Ok(None);
    };
    if algorithm.of([body.as_slice()]) != value {
        return Err(bad_digest(&algorithm.name()));
    }
    Ok(Some((algorithm, value.to_owned())))
}

pub(super) fn bad_digest(what: &str) -> ApiError {
    let message = format!("The {what} you specified did not match the calculated checksum.");
    ApiError::new("BadDigest", message)
}

/// The tag of an object that was uploaded in parts with these tags: the MD5 of
/// their digests, and their number.
pub(super) fn multipart_etag<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Md5::new();
    let mut count = 0;
    for etag in parts {
        hash.update(hex::decode(etag.trim_matches('"')).unwrap_or_default());
        count += 1;
    }
    format!("\"{}-{count}\"", hex::encode(hash.finalize()))
}
