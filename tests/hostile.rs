//! Malicious artifacts, files and job data, processed by the real worker. Each
//! is refused with a message, and no other release is affected.

#[path = "hostile/archives.rs"]
mod archives;
#[path = "hostile/artifacts.rs"]
mod artifacts;
#[path = "hostile/corpus.rs"]
mod corpus;
#[path = "hostile/files.rs"]
mod files;
#[path = "hostile/jobs.rs"]
mod jobs;
#[path = "hostile/limits.rs"]
mod limits;
#[path = "hostile/memory.rs"]
mod memory;
#[path = "hostile/trial.rs"]
mod trial;

#[path = "support/play.rs"]
#[expect(dead_code, reason = "shared with tests in which workers die")]
mod play;
#[expect(dead_code, reason = "shared with the scenarios, which use more of it")]
mod support;
