//! Input and output of a child process, with a timeout.
//!
//! A thread writes the input and another reads the output, so that neither side
//! can block the other on a full pipe. The child leads a process group of its
//! own. The whole group is killed at the end, in every case, so that nothing
//! that the child started is left behind.

use std::io::{self, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child as Process, ChildStdin, ChildStdout, ExitStatus};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// The most bytes of output. A thousand findings of usual length need a third
/// of it.
const MAX_OUTPUT: u64 = 1024 * 1024;

/// How long to wait for the output of a process that was killed. The output is
/// in the pipe already, but the machine may be busy.
const OUTPUT_TIMEOUT: Duration = Duration::from_secs(1);

/// A child process that leads a process group of its own. The group is killed
/// at the end of [`Self::end`], or on drop.
#[derive(Debug)]
pub(super) struct ChildIo {
    process: Process,
    /// `None` once all input has been sent.
    input: Option<mpsc::Sender<Vec<u8>>>,
    output: mpsc::Receiver<Vec<u8>>,
}

/// The output of a process that has ended.
pub(super) struct Output {
    pub(super) output: Vec<u8>,
    /// The exit code, or how else it ended.
    pub(super) ended: Result<i32, String>,
}

impl ChildIo {
    /// Wraps a process whose standard input and output are pipes.
    pub(super) fn with(mut process: Process) -> Self {
        let (say, said) = mpsc::channel();
        let (hear, heard) = mpsc::channel();
        if let Some(input) = process.stdin.take() {
            thread::spawn(move || hand_in(input, &said));
        }
        if let Some(output) = process.stdout.take() {
            thread::spawn(move || hear.send(listen(output)));
        }
        Self {
            process,
            input: Some(say),
            output: heard,
        }
    }

    /// Whether the process is still running. Does not reap it.
    pub(super) fn goes_on(&self) -> bool {
        let id = WaitId::Pid(Pid::from_child(&self.process));
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        matches!(waitid(id, options), Ok(None))
    }

    /// Sends input; more may follow. Never blocks.
    pub(super) fn say(&self, text: Vec<u8>) {
        if let Some(input) = &self.input {
            // If the process has ended, its exit status tells why.
            let _ = input.send(text);
        }
    }

    /// Sends the last input, closes the pipe, and waits for the output and for
    /// the exit, `timeout` for each.
    pub(super) fn end(mut self, text: Vec<u8>, timeout: Duration) -> Output {
        self.say(text);
        self.input = None;
        let output = self.output.recv_timeout(timeout).ok();
        // A process that has closed its output without exiting gets the same
        // time again.
        let in_time = output.is_some() && has_ended(&self.process, timeout);
        let status = self.kill();
        // Output written before the timeout, such as the place that was being
        // evaluated.
        let output = output.or_else(|| self.output.recv_timeout(OUTPUT_TIMEOUT).ok());
        let output = output.unwrap_or_default();
        let ended = match status {
            _ if output.len() as u64 > MAX_OUTPUT => {
                Err(format!("it answered with more than {MAX_OUTPUT} bytes"))
            }
            _ if !in_time => Err(format!("it took longer than {} seconds", timeout.as_secs())),
            Ok(status) => status.code().ok_or_else(|| describe(status)),
            Err(error) => Err(format!("its process is lost: {error}")),
        };
        Output { output, ended }
    }

    /// Kills the process group, even if the process has exited: children that
    /// it started must not linger. The process has not been reaped yet, so its
    /// id cannot have been reused.
    fn kill(&mut self) -> io::Result<ExitStatus> {
        let _ = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
        self.process.wait()
    }
}

impl Drop for ChildIo {
    fn drop(&mut self) {
        if self.input.is_some() {
            let _ = self.kill();
        }
    }
}

fn hand_in(mut input: ChildStdin, said: &mpsc::Receiver<Vec<u8>>) {
    for text in said {
        // The pipe breaks if the process ends early.
        if input.write_all(&text).is_err() {
            return;
        }
    }
}

/// Reads the output to its end, but at most one byte more than is allowed.
fn listen(output: ChildStdout) -> Vec<u8> {
    let mut bytes = Vec::new();
    // If reading fails, what was read before is all the output.
    let _ = output.take(MAX_OUTPUT + 1).read_to_end(&mut bytes);
    bytes
}

/// Whether the process ends within the timeout. Does not reap it.
fn has_ended(process: &Process, timeout: Duration) -> bool {
    let id = WaitId::Pid(Pid::from_child(process));
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let ended = waitid(id, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        let _ = send.send(ended.is_ok());
    });
    receive.recv_timeout(timeout).unwrap_or(false)
}

/// Describes the end of a process without exit code.
fn describe(status: ExitStatus) -> String {
    let signal = status.signal().unwrap_or_default();
    let why = match signal {
        6 => " (SIGABRT: out of memory, or out of stack by endless recursion)",
        9 => " (SIGKILL: the limit of its processor time, or of its memory)",
        11 => " (SIGSEGV: out of stack)",
        24 => " (SIGXCPU: the limit of its processor time)",
        _ => "",
    };
    format!("its process was ended by signal {signal}{why}")
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::{Command, Stdio};

    use super::*;

    /// Runs a shell script.
    fn child_io(script: &str) -> ChildIo {
        let process = Command::new("/bin/sh")
            .args(["-c", script])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        ChildIo::with(process.expect("there is a shell"))
    }

    fn output(script: &str, timeout: Duration) -> Output {
        child_io(script).end(Vec::new(), timeout)
    }

    #[test]
    fn output_is_bounded() {
        let timeout = Duration::from_secs(10);
        let bytes = |count: u64| output(&format!("head -c {count} /dev/zero"), timeout);
        assert_eq!(bytes(MAX_OUTPUT).ended, Ok(0));
        let ended = bytes(MAX_OUTPUT + 1).ended.expect_err("one too many");
        assert!(ended.contains("more than 1048576 bytes"), "{ended}");
    }

    #[test]
    fn what_was_said_before_the_time_was_up_is_heard() {
        // The script ends by itself only long after the test would.
        let output = output("echo at; sleep 600", Duration::from_secs(5));
        assert_eq!(output.output, b"at\n");
        let ended = output.ended.expect_err("it did not end");
        assert_eq!(ended, "it took longer than 5 seconds");
    }

    #[test]
    fn what_is_said_bit_by_bit_arrives_in_order() {
        let child_io = child_io("cat");
        child_io.say(b"one ".to_vec());
        child_io.say(b"two ".to_vec());
        let output = child_io.end(b"three".to_vec(), Duration::from_secs(10));
        assert_eq!(output.output, b"one two three");
    }

    #[test]
    fn whether_a_process_has_ended_is_seen() {
        let waiting = child_io("read line");
        assert!(waiting.goes_on());
        waiting.say(b"line\n".to_vec());
        assert!(has_ended(&waiting.process, Duration::from_secs(10)));
        assert!(!waiting.goes_on());
    }

    #[test]
    fn an_unused_child_is_ended() {
        let child_io = child_io("cat");
        let id = Pid::from_child(&child_io.process);
        drop(child_io);
        assert!(rustix::process::test_kill_process(id).is_err());
    }
}
