//! A process that is talked to, and waited for only so long.

use std::io::{self, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child as Process, ChildStdin, ChildStdout, ExitStatus};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// Bytes of output. A thousand findings of usual length need a third of it.
const MAX_OUTPUT: u64 = 1024 * 1024;

/// How long the output of a process that was ended may take to arrive. It is
/// in the pipe already, but the machine may be busy.
const OUTPUT_TIMEOUT: Duration = Duration::from_secs(1);

/// A process that leads a group of its own, which is ended with it: at the
/// latest when nobody wants to talk to it any more.
#[derive(Debug)]
pub(super) struct ChildIo {
    process: Process,
    /// Until everything has been said.
    input: Option<mpsc::Sender<Vec<u8>>>,
    output: mpsc::Receiver<Vec<u8>>,
}

/// What a process had to say.
pub(super) struct Output {
    pub(super) output: Vec<u8>,
    /// Its exit code, or how else it ended.
    pub(super) ended: Result<i32, String>,
}

impl ChildIo {
    /// With a process whose input and output are pipes.
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

    /// Whether the process has not ended yet.
    pub(super) fn goes_on(&self) -> bool {
        let id = WaitId::Pid(Pid::from_child(&self.process));
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        matches!(waitid(id, options), Ok(None))
    }

    /// Says something that more will follow.
    pub(super) fn say(&self, text: Vec<u8>) {
        if let Some(input) = &self.input {
            // A process that has died does not listen; its status tells why.
            let _ = input.send(text);
        }
    }

    /// Says the last thing, and takes the output, for so long at most.
    pub(super) fn end(mut self, text: Vec<u8>, timeout: Duration) -> Output {
        self.say(text);
        self.input = None;
        let output = self.output.recv_timeout(timeout).ok();
        // Who has closed its output and does not end is given as long again.
        let in_time = output.is_some() && has_ended(&self.process, timeout);
        let status = self.kill();
        // What it had said when its time was up, such as what it was at.
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

    /// Also where it has ended: what it started must not linger. It has not
    /// been waited for yet, so its number is still its own.
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
        // A process that dies early closes its end.
        if input.write_all(&text).is_err() {
            return;
        }
    }
}

/// All of the output, once its end is closed, but at most one byte more than
/// is allowed.
fn listen(output: ChildStdout) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Where reading fails, what came before is all there is.
    let _ = output.take(MAX_OUTPUT + 1).read_to_end(&mut bytes);
    bytes
}

/// Whether the process ends in time. It is left to be waited for.
fn has_ended(process: &Process, timeout: Duration) -> bool {
    let id = WaitId::Pid(Pid::from_child(process));
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let ended = waitid(id, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        let _ = send.send(ended.is_ok());
    });
    receive.recv_timeout(timeout).unwrap_or(false)
}

/// How a process ended that has no exit code.
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

    /// Talks to a process with this script for the shell.
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
        // It ends by itself only long after the test would.
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
    fn whoever_is_not_asked_after_all_is_ended() {
        let child_io = child_io("cat");
        let id = Pid::from_child(&child_io.process);
        drop(child_io);
        assert!(rustix::process::test_kill_process(id).is_err());
    }
}
