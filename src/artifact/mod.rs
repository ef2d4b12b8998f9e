//! Files out of input artifacts: zip entries, read by byte range.
//!
//! `read_files` is the driver. It fetches ranges (`ranges`) into a file with
//! holes (`sparse`), on which ordinary code finds entries (`directory`,
//! `names`) and unpacks them (`entry`); where that code meets a hole, the
//! driver fills it and starts the step again.

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

pub use read_files::{Files, ReadFailure, read_files};
pub use whole::unpack_all;
