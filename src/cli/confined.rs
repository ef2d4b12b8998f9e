//! The commands that this program gives to itself: a process of its own that
//! confines itself, for policies and for the operator's programs.

use std::ffi::OsString;

use super::Exit;
use crate::policy::{
    PROGRAM_COMMAND, TESTS_COMMAND, WORKER_COMMAND, Work, confine_and_answer, confine_and_become,
};

/// Carries such a command out; `None` where a person asks for another one.
///
/// It comes before the command line is read, because each release pays for it,
/// and before any thread takes address space.
pub fn confined(arguments: impl IntoIterator<Item = OsString>) -> Option<Exit> {
    let mut arguments = arguments.into_iter().skip(1);
    let command = arguments.next()?;
    let done = if command == WORKER_COMMAND {
        confine_and_answer(Work::Release)
    } else if command == TESTS_COMMAND {
        confine_and_answer(Work::Tests)
    } else if command == PROGRAM_COMMAND {
        confine_and_become(&arguments.collect::<Vec<_>>())
    } else {
        return None;
    };
    Some(match done {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Unexpected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_asks_for_is_left_to_the_command_line() {
        for arguments in [
            &["bluegreen-worker"][..],
            &["bluegreen-worker", "run"],
            &["bluegreen-worker", "check", WORKER_COMMAND],
        ] {
            assert_eq!(confined(arguments.iter().map(OsString::from)), None);
        }
    }
}
