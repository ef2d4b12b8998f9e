//! Runs a shell command in its own process group, so that all its child
//! processes end with it. Keeps the end of its output.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

/// Bytes kept of the output: more than the 4,096 characters that CodeDeploy
/// keeps of a hook's log.
const MAX_KEPT: usize = 16 << 10;
/// Bytes per read.
const PIECE: usize = 8 << 10;
/// Time limit for the last output to arrive after the command has exited.
/// Processes that it left running keep the pipes open and are not waited for.
const OUTPUT_TIMEOUT: Duration = Duration::from_millis(500);

/// The running process groups, which can be killed together. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups(Arc<Mutex<BTreeSet<i32>>>);

impl Groups {
    /// Kills all running process groups.
    pub(super) fn kill(&self) {
        for id in std::mem::take(&mut *self.0.lock()) {
            signal(id, Signal::KILL);
        }
    }
}

fn signal(group: i32, signal: Signal) {
    if let Some(group) = Pid::from_raw(group) {
        // Fails if the group has ended, which needs no handling.
        let _ = kill_process_group(group, signal);
    }
}

/// A running shell.
#[derive(Debug)]
pub(super) struct Shell {
    child: Child,
    group: Option<i32>,
    groups: Groups,
    printed: Tail,
    readers: JoinSet<()>,
}

impl Shell {
    /// Starts `line` with these environment variables in addition to this
    /// process's, and adds it to `groups`.
    pub(super) fn start(
        line: &str,
        variables: impl IntoIterator<Item = (String, String)>,
        groups: &Groups,
    ) -> io::Result<Self> {
        let mut child = Command::new("sh")
            .args(["-c", line])
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let (printed, mut readers) = (Tail::default(), JoinSet::new());
        if let Some(out) = child.stdout.take() {
            readers.spawn(printed.clone().keep(out));
        }
        if let Some(err) = child.stderr.take() {
            readers.spawn(printed.clone().keep(err));
        }
        let group = child.id().and_then(|id| i32::try_from(id).ok());
        groups.0.lock().extend(group);
        Ok(Self {
            child,
            group,
            groups: groups.clone(),
            printed,
            readers,
        })
    }

    /// Waits for its exit. Returns the status and the end of its output,
    /// standard error included.
    pub(super) async fn exited(&mut self) -> io::Result<(ExitStatus, String)> {
        let status = self.child.wait().await?;
        let rest = async { while self.readers.join_next().await.is_some() {} };
        // Further output comes from processes left running.
        let _ = tokio::time::timeout(OUTPUT_TIMEOUT, rest).await;
        Ok((status, self.printed.text()))
    }

    /// Sends SIGTERM, and kills the command after `grace`.
    pub(super) async fn stop(mut self, grace: Duration) {
        if let Some(group) = self.group {
            signal(group, Signal::TERM);
        }
        // If it is still running, `drop` kills it.
        let _ = tokio::time::timeout(grace, self.child.wait()).await;
    }
}

impl Drop for Shell {
    /// Kills the processes that the command started.
    fn drop(&mut self) {
        if let Some(group) = self.group {
            signal(group, Signal::KILL);
            self.groups.0.lock().remove(&group);
        }
    }
}

/// The end of the output. Clones share it.
#[derive(Clone, Debug, Default)]
struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    async fn keep(self, mut from: impl AsyncRead + Unpin) {
        let mut piece = [0; PIECE];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            self.add(&piece[..length]);
        }
    }

    fn add(&self, piece: &[u8]) {
        let mut kept = self.0.lock();
        kept.extend(piece);
        let surplus = kept.len().saturating_sub(MAX_KEPT);
        kept.drain(..surplus);
    }

    fn text(&self) -> String {
        let mut kept = self.0.lock();
        String::from_utf8_lossy(kept.make_contiguous()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use clock::Clock;

    use super::*;

    fn shell(line: &str) -> Shell {
        start(line, &Groups::default())
    }

    fn start(line: &str, groups: &Groups) -> Shell {
        let variables = [("WORD".to_owned(), "heard".to_owned())];
        Shell::start(line, variables, groups).expect("a shell")
    }

    /// The first line of its output.
    async fn first_line(shell: &Shell) -> String {
        loop {
            match shell.printed.text() {
                line if line.ends_with('\n') => return line,
                _ => Clock::system().sleep(Duration::from_millis(10)).await,
            }
        }
    }

    async fn ended(line: &str) -> (Option<i32>, String) {
        let (status, printed) = shell(line).exited().await.expect("an end");
        (status.code(), printed)
    }

    /// Waits until a process has exited, even if its parent has not waited for
    /// it.
    async fn is_gone(id: &str) {
        let stat = format!("/proc/{}/stat", id.trim());
        while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
            Clock::system().sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn what_it_prints_is_kept_with_its_exit_code() {
        let printed = ended("echo $WORD; echo trouble >&2; exit 3").await;
        assert_eq!(printed.0, Some(3));
        assert!(printed.1.contains("heard\n") && printed.1.contains("trouble\n"));
    }

    #[tokio::test]
    async fn of_a_megabyte_the_end_is_kept() {
        let line = "yes | head -c 1000000; echo; echo the end";
        let (code, printed) = ended(line).await;
        assert_eq!((code, printed.len()), (Some(0), MAX_KEPT));
        assert!(printed.ends_with("y\n\nthe end\n"));
    }

    #[tokio::test]
    async fn what_it_leaves_running_is_not_waited_for_and_ends_with_it() {
        let mut left = shell("sleep 600 & echo $!");
        let (_, id) = left.exited().await.expect("an end");
        drop(left);
        is_gone(&id).await;
    }

    #[tokio::test]
    async fn one_that_does_not_listen_is_killed_with_all_that_it_started() {
        let deaf = shell("trap '' TERM; sleep 600 & echo $!; wait");
        let id = first_line(&deaf).await;
        deaf.stop(Duration::from_millis(50)).await;
        is_gone(&id).await;
    }

    #[tokio::test]
    async fn an_abandoned_command_is_killed_with_its_children() {
        let groups = Groups::default();
        let shells = [(); 2].map(|()| start("sleep 600 & echo $!; wait", &groups));
        for shell in &shells {
            first_line(shell).await;
        }
        groups.kill();
        for mut shell in shells {
            let (status, id) = shell.exited().await.expect("an end");
            assert!(!status.success());
            is_gone(&id).await;
        }
        // A command that has exited is no longer in the set.
        drop(start("true", &groups));
        assert!(groups.0.lock().is_empty());
    }
}
