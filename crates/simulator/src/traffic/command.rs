//! The user's program in place of a task's container.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use super::shell::{Groups, Shell};
use crate::ecs::ServedTask;

/// A running program of a task.
#[derive(Debug)]
pub(super) struct Command {
    address: SocketAddr,
    shell: Shell,
}

impl Command {
    /// Starts `line` in a shell, with the container's plain environment
    /// variables and the port on which the program must listen.
    pub(super) fn start(line: &str, task: &ServedTask, groups: &Groups) -> io::Result<Self> {
        let address = free_address()?;
        let own = [
            ("PORT", address.port().to_string()),
            ("IMAGE", task.image.clone()),
            ("REVISION", task.revision.to_string()),
            ("TASK_ID", task.id.clone()),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        let variables = task.environment.iter();
        let variables = variables.map(|(name, value)| (name.clone(), value.clone()));
        let shell = Shell::start(line, variables.chain(own), groups)?;
        Ok(Self { address, shell })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Completes when the program exits on its own. Returns its exit code and
    /// the end of its output.
    pub(super) async fn exited(&mut self) -> (i32, String) {
        /// Base of a shell's exit codes for programs that a signal has ended.
        const BY_SIGNAL: i32 = 128;
        match self.shell.exited().await {
            Ok((status, printed)) => (status.code().unwrap_or(BY_SIGNAL), printed),
            Err(_) => (BY_SIGNAL, String::new()),
        }
    }

    /// Sends SIGTERM as ECS does, and kills the program after `grace`.
    pub(super) async fn stop(self, grace: Duration) {
        self.shell.stop(grace).await;
    }
}

/// An address with a free port for the program to listen on.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?.local_addr()
}
