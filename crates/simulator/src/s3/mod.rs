//! Simulated S3: buckets in memory behind the REST protocol (docs/aws.md §3).

mod address;
mod chunked;
mod content;
pub(crate) mod error;
mod listing;
mod range;
mod rest;
mod state;

pub use content::{Content, MAX_PIECES};
pub use rest::{Call, MAX_ANSWER};
pub use state::{Bucket, Object, S3};
