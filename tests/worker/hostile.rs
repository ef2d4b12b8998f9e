//! Malicious artifacts, files and job data, processed by the real worker. Each
//! is refused with a message, and no other release is affected.

mod archives;
mod artifacts;
mod corpus;
mod files;
mod jobs;
mod limits;
mod memory;
mod trial;
