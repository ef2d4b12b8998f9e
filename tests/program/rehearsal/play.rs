//! Runs a rehearsal with the program.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Speed with real traffic: requests, clients and health checks take real time.
pub(crate) const SERVED: [&str; 2] = ["--speed", "60"];
/// Shortens a release if the traffic shift does not matter.
pub(crate) const QUICK: [&str; 4] = [
    "--deployment-config",
    "CodeDeployDefault.ECSAllAtOnce",
    "--termination-wait",
    "0",
];

/// A scene's name, exit code, expected words and excluded words.
pub(crate) type Scene = (
    &'static str,
    i32,
    &'static [&'static str],
    &'static [&'static str],
);

pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn rehearse(words: &[&str]) -> Ended {
    rehearse_with(words, "")
}

/// Runs the rehearsal with input.
pub(crate) fn rehearse_with(words: &[&str], typed: &str) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
        .arg("rehearse")
        .args(words)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A program that has exited does not read its input.
    let _ = stdin.write_all(typed.as_bytes());
    drop(stdin);
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().expect("it ends");
    Ended {
        code: status.code().expect("it was not killed"),
        out: String::from_utf8(stdout).expect("text"),
        err: String::from_utf8(stderr).expect("text"),
    }
}

impl Ended {
    /// Checks the exit code, and that all of this was printed.
    pub(crate) fn with(self, code: i32, words: &[&str]) -> Self {
        let Self { out, err, .. } = &self;
        assert_eq!(self.code, code, "{out}{err}");
        for words in words {
            assert!(out.contains(words), "{words}\n{out}");
        }
        self
    }

    /// Checks that none of this was printed.
    pub(crate) fn without(self, words: &[&str]) -> Self {
        for words in words {
            assert!(!self.out.contains(words), "{words}\n{}", self.out);
        }
        self
    }
}
