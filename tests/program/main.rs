//! Tests of the built program: its commands, signals, files and output.

mod account;
mod cli;
mod cli_check;
mod kill;
mod large_artifact;
mod operate;
mod packaging;
mod rehearsal;
mod soak;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the worker")]
mod support;
