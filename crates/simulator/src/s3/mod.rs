//! Simulated S3: buckets in memory behind the REST protocol (docs/aws.md §3).

mod address;
mod buckets;
mod checksum;
mod chunked;
mod content;
mod copy;
pub(crate) mod error;
mod headers;
mod listing;
mod multipart;
mod objects;
mod operation;
mod parts;
mod range;
mod rest;
mod state;
mod uploads;

pub use content::{Content, MAX_PIECES};
pub use objects::MAX_ANSWER;
pub use rest::Call;
pub use state::{Bucket, Object, S3};
