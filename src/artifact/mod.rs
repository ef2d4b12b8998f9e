//! Reads files from input artifacts: zip entries, fetched by byte range.
//!
//! `read_files` drives the process. It fetches ranges (`ranges`) into a sparse
//! file (`sparse`), on which ordinary code finds entries (`directory`, `names`)
//! and unpacks them (`entry`). When that code reads a hole, the driver fetches
//! the missing range and restarts the step.

mod directory;
mod entry;
mod names;
mod ranges;
mod read_files;
mod recognise;
mod sparse;
#[cfg(test)]
mod tests;
mod whole;

pub use ranges::{LargeReads, ReadFailure};
pub use read_files::{Files, read_files};
pub use whole::{Limits, unpack_all};
