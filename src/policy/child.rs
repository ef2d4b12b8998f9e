//! Asks a question of a process of its own, and waits only so long.

use std::io::{self, Read as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::question::{Answer, Line, Question, Task};

/// How long an evaluation may take, whatever the process does with its time.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How long all tests of a set may take, on a busy machine too.
const TESTS_PATIENCE: Duration = Duration::from_secs(180);

/// Bytes of output. A thousand findings of usual length need a third of it.
const MAX_OUTPUT: u64 = 1024 * 1024;

/// How long the output of a process that was ended may take to arrive. It is
/// in the pipe already, but the machine may be busy.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The exit code of a program of Rust's that has panicked.
const PANICKED: i32 = 101;

/// This program, also after its file was replaced.
const OURSELVES: &str = "/proc/self/exe";

/// The command that answers. No person gives it, so no help mentions it.
pub const WORKER_COMMAND: &str = "policy-worker";

/// The same, which has the time for tests.
pub const TESTS_COMMAND: &str = "policy-tests";

/// Starts the processes that evaluate.
#[derive(Clone, Debug)]
pub struct Child {
    program: PathBuf,
}

/// Why a process gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mishap {
    /// The file or rule that it was at, where it came so far.
    pub at: Option<String>,
    pub what: String,
}

impl Default for Child {
    fn default() -> Self {
        Self::of(OURSELVES)
    }
}

impl Child {
    /// Children that run this program, which must be `bluegreen-worker`.
    pub fn of(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
        }
    }

    /// Asks, and blocks the thread for ten seconds at most, or longer where
    /// tests are to be run.
    ///
    /// # Errors
    ///
    /// When there is no proper answer, for whatever reason.
    pub fn ask(&self, question: &Question) -> Result<Answer, Mishap> {
        let nowhere = |what: String| Mishap { at: None, what };
        let text = serde_json::to_vec(question).map_err(|error| nowhere(error.to_string()))?;
        let (command, patience) = match question.task {
            Task::Load | Task::Evaluate | Task::Explain => (WORKER_COMMAND, PATIENCE),
            Task::Test => (TESTS_COMMAND, TESTS_PATIENCE),
        };
        let process = self
            .start(command)
            .map_err(|error| nowhere(format!("its process cannot be started: {error}")))?;
        let Spoken { output, ended } = speak(process, text, patience);
        let (at, answer) = read_lines(&output);
        let what = match (ended, answer) {
            (Ok(0), Some(answer)) => return Ok(answer),
            (Ok(0), None) => "its process gave no proper answer".to_owned(),
            (Ok(PANICKED), _) => "the engine has panicked over it".to_owned(),
            (Ok(code), _) => format!("its process ended with exit code {code}"),
            (Err(what), _) => what,
        };
        Err(Mishap { at, what })
    }

    /// The program that its processes run.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    fn start(&self, command: &str) -> io::Result<Process> {
        Command::new(&self.program)
            .arg(command)
            .env_clear()
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // The engine writes to it as it likes.
            .stderr(Stdio::null())
            .spawn()
    }
}

/// What a process had to say.
pub(super) struct Spoken {
    pub(super) output: Vec<u8>,
    /// Its exit code, or how else it ended.
    pub(super) ended: Result<i32, String>,
}

/// Hands a process its input and takes its output, for so long at most. The
/// process leads a group of its own, which is ended with it.
pub(super) fn speak(mut process: Process, input: Vec<u8>, patience: Duration) -> Spoken {
    let said = exchange(&mut process, input);
    let output = said.recv_timeout(patience).ok();
    // Who has closed its output and does not end is given as long again.
    let in_time = output.is_some() && has_ended(&process, patience);
    // Also where it has ended: what it started must not linger. It has not
    // been waited for yet, so its number is still its own.
    let _ = kill_process_group(Pid::from_child(&process), Signal::KILL);
    let status = process.wait();
    // What it had said when its time was up, such as what it was at.
    let output = output.or_else(|| said.recv_timeout(LAST_WORDS).ok());
    let output = output.unwrap_or_default();
    let ended = match status {
        _ if output.len() as u64 > MAX_OUTPUT => {
            Err(format!("it answered with more than {MAX_OUTPUT} bytes"))
        }
        _ if !in_time => Err(format!(
            "it took longer than {} seconds",
            patience.as_secs()
        )),
        Ok(status) => status.code().ok_or_else(|| describe(status)),
        Err(error) => Err(format!("its process is lost: {error}")),
    };
    Spoken { output, ended }
}

/// Hands in the question, and promises the output: all of it, once its end is
/// closed, but at most one byte more than is allowed.
fn exchange(process: &mut Process, question: Vec<u8>) -> mpsc::Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    if let Some(mut input) = process.stdin.take() {
        // A process that dies early closes its end; its status tells why.
        thread::spawn(move || input.write_all(&question));
    }
    if let Some(output) = process.stdout.take() {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            // Where reading fails, what came before is all there is.
            let _ = output.take(MAX_OUTPUT + 1).read_to_end(&mut bytes);
            // Nobody may be listening any more.
            let _ = send.send(bytes);
        });
    }
    receive
}

/// Whether the process ends in time. It is left to be waited for.
fn has_ended(process: &Process, patience: Duration) -> bool {
    let id = WaitId::Pid(Pid::from_child(process));
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let ended = waitid(id, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        let _ = send.send(ended.is_ok());
    });
    receive.recv_timeout(patience).unwrap_or(false)
}

/// What it was at last, and its answer if that is the last line.
fn read_lines(output: &[u8]) -> (Option<String>, Option<Answer>) {
    let mut at = None;
    for line in output.split(|byte| *byte == b'\n') {
        match serde_json::from_slice(line) {
            Ok(Line::At(place)) => at = Some(place),
            Ok(Line::Answer(answer)) => return (at, Some(answer)),
            Err(_) => {}
        }
    }
    (at, None)
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
    use super::*;

    /// What becomes of a process with this script for the shell.
    fn spoken(script: &str, patience: Duration) -> Spoken {
        let process = Command::new("/bin/sh")
            .args(["-c", script])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        speak(process.expect("there is a shell"), Vec::new(), patience)
    }

    #[test]
    fn output_is_bounded() {
        let bytes = |count: u64| spoken(&format!("head -c {count} /dev/zero"), PATIENCE);
        assert_eq!(bytes(MAX_OUTPUT).ended, Ok(0));
        let ended = bytes(MAX_OUTPUT + 1).ended.expect_err("one too many");
        assert!(ended.contains("more than 1048576 bytes"), "{ended}");
    }

    #[test]
    fn what_was_said_before_the_time_was_up_is_heard() {
        // It ends by itself only long after the test would.
        let spoken = spoken("echo at; sleep 600", Duration::from_secs(5));
        assert_eq!(spoken.output, b"at\n");
        let ended = spoken.ended.expect_err("it did not end");
        assert_eq!(ended, "it took longer than 5 seconds");
    }

    #[test]
    fn an_answer_counts_only_when_it_can_be_read() {
        let at = "{\"At\":\"data.main.deny\"}\n";
        let (place, answer) = read_lines(format!("{at}{{\"Answer\":{{\"Find").as_bytes());
        assert_eq!((place.as_deref(), answer), (Some("data.main.deny"), None));
        let (_, answer) =
            read_lines(format!("{at}{{\"Answer\":{{\"Findings\":[]}}}}\n").as_bytes());
        assert_eq!(answer, Some(Answer::Findings(Vec::new())));
        let (_, answer) = read_lines(b"{\"Answer\":{\"Findings\":{}}}\n");
        assert_eq!(answer, None);
    }
}
