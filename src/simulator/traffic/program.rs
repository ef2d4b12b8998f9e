//! What runs for a task: the built-in server or the user's own program.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::built_in::{Break, BuiltIn};
use super::command::Command;
use super::routing_table::Version;
use super::shell::Groups;
use crate::simulator::ecs::ServedTask;

/// What is to run for each task.
#[derive(Clone, Debug)]
pub enum Program {
    /// A server that answers who it is; the new version may misbehave.
    BuiltIn(Option<Break>),
    /// A line for the shell.
    Command { line: String, health_path: String },
}

/// A program at work.
#[derive(Debug)]
pub(super) enum Running {
    BuiltIn(BuiltIn),
    Command(Box<Command>),
}

impl Program {
    /// Starts it for a task; a program of the user's is one of `groups`.
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

    /// What a health check asks for.
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

    /// Ends when the program has ended by itself, with its exit code and the
    /// end of what it printed.
    pub(super) async fn ended(&mut self) -> (i32, String) {
        match self {
            Self::BuiltIn(server) => (server.ended().await, String::new()),
            Self::Command(command) => command.ended().await,
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
