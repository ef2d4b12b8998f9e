//! The user's own program in the place of a task's container.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command as Process};

use crate::simulator::ecs::ServedTask;

/// A program that runs for a task, in a process group of its own: a shell
/// between us and the program is stopped with it.
#[derive(Debug)]
pub(super) struct Command {
    address: SocketAddr,
    child: Child,
    group: Option<Pid>,
}

impl Command {
    /// Starts `line` in a shell, with the container's plain variables and the
    /// port that it is to listen on.
    pub(super) fn start(line: &str, task: &ServedTask) -> io::Result<Self> {
        let address = free_address()?;
        let child = Process::new("sh")
            .args(["-c", line])
            .envs(task.environment.iter().map(|(name, value)| (name, value)))
            .env("PORT", address.port().to_string())
            .env("IMAGE", &task.image)
            .env("REVISION", task.revision.to_string())
            .env("TASK_ID", &task.id)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let group = child.id().and_then(|id| i32::try_from(id).ok());
        Ok(Self {
            address,
            child,
            group: group.and_then(Pid::from_raw),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends with the program's exit code, if it ends by itself.
    pub(super) async fn ended(&mut self) -> i32 {
        /// What a shell says of a program that a signal has ended.
        const BY_SIGNAL: i32 = 128;
        let status = self.child.wait().await.ok();
        status.and_then(|status| status.code()).unwrap_or(BY_SIGNAL)
    }

    /// Asks it to end as ECS does, and ends it where it does not in time.
    pub(super) async fn stop(mut self, grace: Duration) {
        self.signal(Signal::TERM);
        let ended = tokio::time::timeout(grace, self.child.wait()).await;
        if ended.is_err() {
            self.signal(Signal::KILL);
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // A group that has ended needs no signal.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Command {
    /// What the program has started does not outlive it.
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// An address that was free a moment ago; the program is to listen on it.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?.local_addr()
}
