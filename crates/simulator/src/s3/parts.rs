//! An upload in parts, before it becomes an object.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::api::ApiError;

use super::Content;
use super::checksum::{Algorithm, Checksum, bad_digest, multipart_etag};

/// Minimum size of a part that is not the last (S3's own limit).
const MIN_PART: u64 = 5 << 20;

/// An upload that is neither completed nor aborted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) started: Timestamp,
    pub(super) headers: Vec<(String, String)>,
    pub(super) algorithm: Option<Algorithm>,
    /// The object's checksum is made of the parts' checksums.
    pub(super) is_composite: bool,
    pub(super) parts: BTreeMap<u32, Part>,
}

/// A part of an upload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) content: Content,
    /// Includes the quotes.
    pub(super) etag: String,
    /// In Base64.
    pub(super) checksum: Option<String>,
    pub(super) modified: Timestamp,
}

/// A part as the request to complete names it.
pub(super) struct Named<'a> {
    pub(super) number: u32,
    pub(super) etag: &'a str,
    pub(super) checksum: Option<&'a str>,
}

/// The object that an upload becomes.
pub(super) struct Assembled {
    pub(super) etag: String,
    pub(super) length: u64,
    pub(super) checksum: Option<Checksum>,
    /// Its parts, in order.
    pub(super) numbers: Vec<u32>,
}

impl Upload {
    /// Bytes that its parts use in memory.
    pub(super) fn stored(&self) -> u64 {
        let parts = self.parts.values();
        parts.map(|part| part.content.stored()).sum()
    }

    /// The object of the named parts, if S3 would accept them. `announced` is
    /// the checksum of the object that the client calculated.
    pub(super) fn assemble(
        &self,
        id: &str,
        named: &[Named<'_>],
        announced: Option<(Algorithm, &str)>,
    ) -> Result<Assembled, ApiError> {
        if named.is_empty() {
            return Err(ApiError::malformed_xml());
        }
        if !named.is_sorted_by(|one, next| one.number < next.number) {
            return Err(ApiError::new(
                "InvalidPartOrder",
                "The list of parts was not in ascending order. The parts list must be specified \
                 in order by part number.",
            )
            .with("UploadId", id));
        }
        let parts: Vec<&Part> = named
            .iter()
            .map(|named| self.part(id, named))
            .collect::<Result<_, _>>()?;
        for (part, named) in parts.iter().zip(named).rev().skip(1) {
            if part.content.length() < MIN_PART {
                return Err(ApiError::new(
                    "EntityTooSmall",
                    "Your proposed upload is smaller than the minimum allowed size",
                )
                .with("ProposedSize", part.content.length().to_string())
                .with("MinSizeAllowed", MIN_PART.to_string())
                .with("PartNumber", named.number.to_string())
                .with("ETag", named.etag));
            }
        }
        let blocks = || parts.iter().flat_map(|part| part.content.blocks());
        let checksum = self.algorithm.map(|algorithm| {
            let of_parts = parts.iter().filter_map(|part| part.checksum.as_deref());
            Checksum {
                algorithm,
                value: match self.is_composite {
                    true => algorithm.composite(of_parts),
                    false => algorithm.of(blocks()),
                },
                is_composite: self.is_composite,
            }
        });
        if let Some((algorithm, value)) = announced {
            let actual = checksum.as_ref().filter(|it| it.algorithm == algorithm);
            let is_right = match actual {
                Some(actual) => actual.value.split('-').next() == value.split('-').next(),
                None => algorithm.of(blocks()) == value,
            };
            if !is_right {
                return Err(bad_digest(&algorithm.name()));
            }
        }
        Ok(Assembled {
            etag: multipart_etag(parts.iter().map(|part| part.etag.as_str())),
            length: parts.iter().map(|part| part.content.length()).sum(),
            checksum,
            numbers: named.iter().map(|named| named.number).collect(),
        })
    }

    fn part(&self, id: &str, named: &Named<'_>) -> Result<&Part, ApiError> {
        if let (Some(algorithm), true, None) = (self.algorithm, self.is_composite, named.checksum) {
            let (name, number) = (algorithm.name().to_lowercase(), named.number);
            return Err(ApiError::invalid_request(format!(
                "The upload was created using a {name} checksum. The complete request must \
                 include the checksum for each part. It was missing for part {number} in the \
                 request."
            )));
        }
        let matches = |part: &&Part| {
            let is_same = named
                .checksum
                .is_none_or(|it| part.checksum.as_deref() == Some(it));
            is_same && part.etag.trim_matches('"') == named.etag.trim_matches('"')
        };
        self.parts
            .get(&named.number)
            .filter(matches)
            .ok_or_else(|| {
                ApiError::new(
                    "InvalidPart",
                    "One or more of the specified parts could not be found.  The part may not have \
                 been uploaded, or the specified entity tag may not match the part's entity tag.",
                )
                .with("UploadId", id)
                .with("PartNumber", named.number.to_string())
                .with("ETag", named.etag)
            })
    }
}
