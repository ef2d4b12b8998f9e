//! Why a rehearsal cannot run, and the command's exit code then.

use std::io;
use std::net::SocketAddr;

use simulator::api::ApiError;
use simulator::codepipeline::QueueError;
use simulator::traffic::RouterError;

use crate::cli::bundle::BundleProblem;
use crate::cli::remark::Misuse;
use crate::cli::{Exit, Failed};
use crate::job::Engine;
use crate::policy::SetProblem;
use crate::worker::journal::JournalProblem;

/// Why the rehearsal failed to run.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error(
        "{0}\nA bundle is a folder or a zip archive with taskdef.json and, for CodeDeploy, \
         appspec.yaml; without one, the built-in example is rehearsed."
    )]
    Bundle(#[from] BundleProblem),
    /// Which action is meant is not clear.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// The findings about the action that the bundle declares, as `check` prints
    /// them.
    #[error("{0}")]
    Declaration(String),
    #[error("this scene does not exist with {engine}; --list --engine {flag} lists its scenes")]
    Scene { engine: Engine, flag: String },
    #[error(transparent)]
    Policy(#[from] SetProblem),
    #[error("no pipeline would accept the action: {0}")]
    Action(#[from] QueueError),
    #[error("the scene cannot be set: {}: {}", .0.code, .0.message)]
    Fixture(ApiError),
    #[error("the release has no hook at {0}, so nothing would be called")]
    NoSuchHook(String),
    #[error("{}", with_flag(.0))]
    Traffic(RouterError),
    #[error("the page cannot be at {0}: {1}; --page names another address")]
    Page(SocketAddr, io::Error),
    #[error("the simulator cannot serve: {0}")]
    Simulator(io::Error),
    #[error(transparent)]
    Journal(#[from] JournalProblem),
    #[error("cannot handle signals: {0}")]
    Signals(io::Error),
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
}

/// The problem, and the flag that helps.
fn with_flag(problem: &RouterError) -> String {
    match problem {
        RouterError::Production(..) => format!("{problem}; --production names another address"),
        RouterError::Test(..) => format!("{problem}; --test names another address"),
        RouterError::Programs(_) => problem.to_string(),
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        let exit = match problem {
            Problem::Bundle(_)
            | Problem::Misuse(_)
            | Problem::Declaration(_)
            | Problem::Scene { .. }
            | Problem::Policy(_)
            | Problem::Action(_)
            | Problem::Fixture(_)
            | Problem::NoSuchHook(_)
            | Problem::Traffic(_)
            | Problem::Page(..) => Exit::Usage,
            Problem::Simulator(_)
            | Problem::Journal(_)
            | Problem::Signals(_)
            | Problem::Output(_) => Exit::Unexpected,
        };
        Self::all(exit, [problem])
    }
}
