//! Why a command has no result.

use std::fmt::Display;

use super::connection::NoConnection;
use super::remark::Misuse;
use super::{Exit, print_error};
use crate::cli::bundle::BundleProblem;
use crate::config::SettingProblem;
use crate::policy::SetProblem;
use crate::ports::CallError;

/// The problems for standard error, and the exit code.
#[derive(Debug)]
pub(super) struct Failed {
    problems: Vec<String>,
    exit: Exit,
}

impl Failed {
    /// Wrong usage or configuration.
    pub(super) fn usage(problem: impl Display) -> Self {
        Self::all(Exit::Usage, [problem])
    }

    /// The input, or AWS, does not allow it.
    pub(super) fn refused(problem: impl Display) -> Self {
        Self::all(Exit::Refused, [problem])
    }

    /// Several problems.
    pub(super) fn all(exit: Exit, problems: impl IntoIterator<Item = impl Display>) -> Self {
        let problems = problems.into_iter().map(|problem| problem.to_string());
        Self {
            problems: problems.collect(),
            exit,
        }
    }

    /// Prints each problem and returns the exit code.
    pub(super) fn print(self) -> Exit {
        self.problems
            .iter()
            .for_each(|problem| print_error(problem));
        self.exit
    }
}

impl From<CallError> for Failed {
    fn from(error: CallError) -> Self {
        Self::refused(error)
    }
}

impl From<NoConnection> for Failed {
    fn from(problem: NoConnection) -> Self {
        Self::usage(problem)
    }
}

impl From<Misuse> for Failed {
    fn from(problem: Misuse) -> Self {
        Self::usage(problem)
    }
}

impl From<BundleProblem> for Failed {
    fn from(problem: BundleProblem) -> Self {
        Self::usage(problem)
    }
}

impl From<SetProblem> for Failed {
    fn from(SetProblem(problems): SetProblem) -> Self {
        Self::all(Exit::Usage, problems)
    }
}

impl From<Vec<SettingProblem>> for Failed {
    fn from(problems: Vec<SettingProblem>) -> Self {
        Self::all(Exit::Usage, problems)
    }
}
