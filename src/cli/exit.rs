//! How a command ends, for the shell.

use std::process::{ExitCode, Termination};

/// The four ends that a command can come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done as asked.
    Done,
    /// 1: the input was refused, or the release failed.
    Refused,
    /// 2: usage or configuration.
    Usage,
    /// 3: anything that nobody expected.
    Unexpected,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unexpected => 3,
        })
    }
}

/// Tells the person who called what is wrong.
#[expect(clippy::print_stderr, reason = "a command speaks to its caller")]
pub(super) fn complain(problem: &str) {
    eprintln!("error: {problem}");
}
