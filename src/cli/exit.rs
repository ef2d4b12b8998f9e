//! How a command ends, for the shell.

use std::io::{self, ErrorKind, Write as _};
use std::process::{ExitCode, Termination};

use crate::job::excerpt::clean_lines;

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

/// Says what was asked for, and answers how the command ends: with `exit`,
/// unless that cannot be written. Whoever has closed the pipe has seen enough.
pub(super) fn print(text: impl AsRef<[u8]>, exit: Exit) -> Exit {
    match io::stdout().write_all(text.as_ref()) {
        Ok(()) => exit,
        Err(problem) if problem.kind() == ErrorKind::BrokenPipe => exit,
        Err(problem) => {
            print_error(&format!("cannot write: {problem}"));
            Exit::Unexpected
        }
    }
}

/// Tells the person who called what needs a look.
#[expect(clippy::print_stderr, reason = "a command speaks to its caller")]
pub(super) fn warn(what: &str) {
    eprintln!("warning: {what}");
}

/// Tells the person who called what is wrong.
#[expect(clippy::print_stderr, reason = "a command speaks to its caller")]
pub(super) fn print_error(problem: &str) {
    eprintln!("error: {}", clean_lines(problem));
}
