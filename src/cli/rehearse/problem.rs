//! Why a rehearsal cannot run, and the command's exit code then.

use std::io;
use std::net::SocketAddr;

use super::bundle::NoRelease;
use super::rehearsal::RehearsalError;
use crate::cli::{Exit, Failed};
use crate::job::Engine;
use crate::policy::SetProblem;

/// Why the rehearsal failed to run.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error(transparent)]
    Bundle(#[from] NoRelease),
    #[error(transparent)]
    Rehearsal(#[from] RehearsalError),
    #[error("this scene does not exist with {engine}; --list --engine {flag} lists its scenes")]
    Scene { engine: Engine, flag: String },
    #[error(transparent)]
    Policy(#[from] SetProblem),
    #[error("the page cannot be at {0}: {1}; --page names another address")]
    Page(SocketAddr, io::Error),
    #[error("cannot handle signals: {0}")]
    Signals(io::Error),
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        let exit = match problem {
            Problem::Bundle(_)
            | Problem::Scene { .. }
            | Problem::Policy(_)
            | Problem::Page(..)
            | Problem::Rehearsal(
                RehearsalError::Action(_)
                | RehearsalError::Fixture(_)
                | RehearsalError::NoSuchHook(_)
                | RehearsalError::Traffic { .. },
            ) => Exit::Usage,
            Problem::Rehearsal(RehearsalError::Simulator(_) | RehearsalError::Journal(_))
            | Problem::Signals(_)
            | Problem::Output(_) => Exit::Unexpected,
        };
        Self::all(exit, [problem])
    }
}
