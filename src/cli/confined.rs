//! The hidden commands that this program runs in a process of its own with
//! limited resources: to evaluate policies, and to run the operator's programs.

use std::ffi::OsString;

use super::Exit;
use crate::policy::{
    PROGRAM_COMMAND, TESTS_COMMAND, WORKER_COMMAND, Work, confine_and_answer, confine_and_become,
};

/// Runs a hidden command; `None` if the arguments are any other command.
///
/// This comes before the command line is parsed, because each release pays for
/// it, and before any thread takes up address space.
pub fn confined(arguments: impl IntoIterator<Item = OsString>) -> Option<Exit> {
    let mut arguments = arguments.into_iter().skip(1);
    let command = arguments.next()?;
    let done = match command.to_str()? {
        WORKER_COMMAND => confine_and_answer(Work::Release),
        TESTS_COMMAND => confine_and_answer(Work::Tests),
        PROGRAM_COMMAND => confine_and_become(&arguments.collect::<Vec<_>>()),
        _ => return None,
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
