//! The program that runs for a task: the built-in server or the user's command.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::built_in::{Break, BuiltIn};
use super::command::Command;
use super::routing_table::Version;
use super::shell::Groups;
use crate::ecs::ServedTask;

/// What to run for each task.
#[derive(Clone, Debug)]
pub enum Program {
    /// A server that responds with its identity. The new version can be made to
    /// fail.
    BuiltIn(Option<Break>),
    /// A shell command.
    Command { line: String, health_path: String },
}

/// A running program.
#[derive(Debug)]
pub(super) enum Running {
    BuiltIn(BuiltIn),
    Command(Box<Command>),
}

impl Program {
    /// Starts the program for a task. A user's command is added to `groups`.
    pub(super) async fn start(
        &self,
        task: &ServedTask,
        version: Version,
        groups: &Groups,
    ) -> io::Result<Running> {
        match self {
            Self::BuiltIn(broken) => {
                let server = BuiltIn::start(task.clone(), version, *broken).await?;
                Ok(Running::BuiltIn(server))
            }
            Self::Command { line, .. } => {
                let command = Command::start(line, task, groups)?;
                Ok(Running::Command(Box::new(command)))
            }
        }
    }

    /// Path of the health check.
    pub(super) fn health_path(&self) -> &str {
        match self {
            Self::BuiltIn(_) => super::built_in::HEALTH,
            Self::Command { health_path, .. } => health_path,
        }
    }
}

impl Running {
    pub(super) fn address(&self) -> SocketAddr {
        match self {
            Self::BuiltIn(server) => server.address(),
            Self::Command(command) => command.address(),
        }
    }

    /// Completes when the program exits on its own. Returns its exit code and
    /// the end of its output.
    pub(super) async fn exited(&mut self) -> (i32, String) {
        match self {
            Self::BuiltIn(server) => (server.exited().await, String::new()),
            Self::Command(command) => command.exited().await,
        }
    }

    /// Stops it within `grace`.
    pub(super) async fn stop(self, grace: Duration) {
        match self {
            Self::BuiltIn(server) => server.stop(grace).await,
            Self::Command(command) => command.stop(grace).await,
        }
    }
}
