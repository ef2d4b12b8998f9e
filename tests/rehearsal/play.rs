//! Plays a rehearsal with the program itself.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// How fast it is played with real traffic: requests, clients and health
/// checks live in real time.
pub(crate) const SERVED: [&str; 2] = ["--speed", "60"];
/// What keeps a release short where the shift is not what is looked at.
pub(crate) const QUICK: [&str; 4] = [
    "--deployment-config",
    "CodeDeployDefault.ECSAllAtOnce",
    "--termination-wait",
    "0",
];

pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn rehearse(words: &[&str]) -> Ended {
    rehearse_with(words, "")
}

/// Plays it with something typed.
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
    // One that has ended already reads nothing.
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
    /// It ended with this exit code, and all of this was printed.
    pub(crate) fn with(self, code: i32, words: &[&str]) -> Self {
        let Self { out, err, .. } = &self;
        assert_eq!(self.code, code, "{out}{err}");
        for words in words {
            assert!(out.contains(words), "{words}\n{out}");
        }
        self
    }

    /// None of this was printed.
    pub(crate) fn without(self, words: &[&str]) -> Self {
        for words in words {
            assert!(!self.out.contains(words), "{words}\n{}", self.out);
        }
        self
    }
}
