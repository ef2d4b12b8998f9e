//! The exit codes of commands.

use std::io::{self, ErrorKind, Write as _};
use std::process::{ExitCode, Termination};

use crate::job::excerpt::clean_lines;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: success.
    Done,
    /// 1: the input was refused, or the release failed.
    Refused,
    /// 2: wrong usage or configuration.
    Usage,
    /// 3: an unexpected error.
    Unexpected,
    /// The exit status of a command that this one ran.
    OfCommand(u8),
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unexpected => 3,
            Self::OfCommand(code) => code,
        })
    }
}

/// Prints the output of a command and returns `exit`, or an error if it cannot
/// be written. A closed pipe is not an error: the reader wants no more.
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

/// Prints an error to standard error.
pub(super) fn print_error(problem: &str) {
    print_aside(&format!("error: {}\n", clean_lines(problem)));
}

/// Prints what was not asked for to standard error. If that cannot be written,
/// only the exit code tells the caller; `eprint!` would panic.
pub(super) fn print_aside(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
