//! Artifacts, files and job data made to hurt, all the way through the real
//! worker: each is refused with words, none costs another release anything.

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
