//! The program that runs for a task: the built-in server or the user's command.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use super::built_in::{Break, BuiltIn};
use super::routing_table::Version;
use super::shell::{Groups, Shell};
use crate::ecs::ServedTask;

/// Base of a shell's exit codes for programs that a signal has ended.
const BY_SIGNAL: i32 = 128;

/// What to run for each task.
#[derive(Clone, Debug)]
pub enum Program {
    /// A server that responds with its identity. The new version can be made to
    /// fail.
    BuiltIn(Option<Break>),
    /// A shell command, which must listen on the port in `PORT`.
    Command { line: String, health_path: String },
}

/// A running program.
#[derive(Debug)]
pub(super) enum Running {
    BuiltIn(BuiltIn),
    Command {
        address: SocketAddr,
        shell: Box<Shell>,
    },
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
                let address = free_address()?;
                let shell = Shell::start(line, variables(task, address), groups)?;
                let shell = Box::new(shell);
                Ok(Running::Command { address, shell })
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
            Self::Command { address, .. } => *address,
        }
    }

    /// Completes when the program exits on its own. Returns its exit code and
    /// the end of its output.
    pub(super) async fn exited(&mut self) -> (i32, String) {
        match self {
            Self::BuiltIn(server) => (server.exited().await, String::new()),
            Self::Command { shell, .. } => match shell.exited().await {
                Ok((status, printed)) => (status.code().unwrap_or(BY_SIGNAL), printed),
                Err(_) => (BY_SIGNAL, String::new()),
            },
        }
    }

    /// Stops it within `grace`, as ECS does: with SIGTERM first.
    pub(super) async fn stop(self, grace: Duration) {
        match self {
            Self::BuiltIn(server) => server.stop(grace).await,
            Self::Command { shell, .. } => shell.stop(grace).await,
        }
    }
}

/// The environment variables of a user's program: the container's plain ones,
/// and what the program must know.
fn variables(
    task: &ServedTask,
    address: SocketAddr,
) -> impl Iterator<Item = (String, String)> + use<> {
    let own = [
        ("PORT", address.port().to_string()),
        ("IMAGE", task.image.clone()),
        ("REVISION", task.revision.to_string()),
        ("TASK_ID", task.id.clone()),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value));
    task.environment.clone().into_iter().chain(own)
}

/// An address with a free port for the program to listen on.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?.local_addr()
}
