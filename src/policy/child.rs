//! Evaluates a question in a child process, with a timeout.
//!
//! The child is this same binary with [`WORKER_COMMAND`] or [`TESTS_COMMAND`].
//! The protocol is one line of JSON (the [`Question`]) and then the document up
//! to the end of its standard input; the child writes one [`Line`] of JSON for
//! each file or rule that it starts on, and at last the answer. A child that
//! crashes or runs out of time thus tells where it was. An answer counts only
//! if the child also exits with code 0.
//!
//! The question and the document are sent separately, so that a child can load
//! the rules while the document is not known yet (see [`Child::read`]).

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child as Process, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use tracing::warn;

use super::child_io::{ChildIo, Output};
use super::question::{Answer, Line, Question, Task};

/// The timeout of an evaluation, in wall-clock time.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// The timeout for all tests of a set, on a busy machine too.
const TESTS_TIMEOUT: Duration = Duration::from_secs(180);

/// Pauses between attempts to start a process while the machine lacks
/// resources. They add up to half an hour, as long as errors of AWS are
/// retried.
const SHORTAGE_PAUSES: [Duration; 36] = {
    let mut pauses = [Duration::from_secs(60); 36];
    let mut index = 0;
    while index < 7 {
        pauses[index] = Duration::from_millis(500 << index);
        index += 1;
    }
    pauses
};

/// The exit code of a Rust program that has panicked.
const PANICKED: i32 = 101;

/// This binary, even after its file was replaced.
const OURSELVES: &str = "/proc/self/exe";

/// The hidden command of the evaluating process.
pub const WORKER_COMMAND: &str = "policy-worker";

/// The hidden command of the evaluating process that runs tests. It has higher
/// limits.
pub const TESTS_COMMAND: &str = "policy-tests";

/// Starts evaluating processes.
#[derive(Clone, Debug)]
pub struct Child {
    program: PathBuf,
}

/// A child process that loads, or has loaded, the rules and waits for the
/// document.
#[derive(Debug)]
pub(super) struct Reading {
    child_io: ChildIo,
    timeout: Duration,
}

/// Why a child process gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildError {
    /// The file or rule that it was working on, if known.
    pub at: Option<String>,
    pub what: String,
}

impl fmt::Display for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some(at) => write!(f, "{at}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl Default for Child {
    fn default() -> Self {
        Self::of(OURSELVES)
    }
}

impl Child {
    /// Starts children from `program`, which must be `bluegreen-worker`.
    pub fn of(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
        }
    }

    /// Evaluates an input. Blocks the thread for ten seconds at most, or 180
    /// for tests; longer only while the machine lacks resources to start the
    /// process.
    ///
    /// # Errors
    ///
    /// If there is no valid answer, for whatever reason.
    pub fn ask(&self, question: &Question, input: String) -> Result<Answer, ChildError> {
        self.read(question)?.answer(input)
    }

    /// Starts a process that loads the rules and then waits for the document.
    /// Dropping the result kills it.
    ///
    /// # Errors
    ///
    /// If the process cannot be started.
    pub(super) fn read(&self, question: &Question) -> Result<Reading, ChildError> {
        let nowhere = |what: String| ChildError { at: None, what };
        let mut text = serde_json::to_vec(question).map_err(|error| nowhere(error.to_string()))?;
        text.push(b'\n');
        let (command, timeout) = match question.task {
            Task::Load | Task::Evaluate | Task::Explain => (WORKER_COMMAND, TIMEOUT),
            Task::Test => (TESTS_COMMAND, TESTS_TIMEOUT),
        };
        let process = start(&self.program, &[command])
            .map_err(|error| nowhere(format!("its process cannot be started: {error}")))?;
        let child_io = ChildIo::with(process);
        child_io.say(text);
        Ok(Reading { child_io, timeout })
    }

    /// The binary that the processes run.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }
}

/// Starts a process of the program without environment, in a group of its own,
/// so that its children are killed with it. What it writes to its standard
/// error is dropped: that may be anything.
pub(super) fn start(program: &Path, arguments: &[impl AsRef<OsStr>]) -> io::Result<Process> {
    let mut process = Command::new(program);
    process
        .args(arguments)
        .env_clear()
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    wait_out_shortage(|| process.spawn(), thread::park_timeout)
}

/// Retries while the machine or this process lacks a resource such as file
/// descriptors. A release that meets such a moment should not fail because of
/// it.
pub(super) fn wait_out_shortage<T>(
    mut attempt: impl FnMut() -> io::Result<T>,
    wait: impl Fn(Duration),
) -> io::Result<T> {
    for pause in SHORTAGE_PAUSES {
        match attempt() {
            Err(error) if is_shortage(&error) => {
                warn!(%error, "cannot start a process right now; retrying");
                wait(pause);
            }
            done => return done,
        }
    }
    attempt()
}

/// Whether the error is a lack of a resource that other processes may free.
fn is_shortage(error: &io::Error) -> bool {
    let short = [
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOMEM,
        Errno::AGAIN,
        Errno::NOBUFS,
    ];
    let code = error.raw_os_error();
    code.is_some_and(|code| short.iter().any(|errno| errno.raw_os_error() == code))
}

impl Reading {
    /// Whether the process is still running. One that waits for long may have
    /// been killed.
    pub(super) fn goes_on(&self) -> bool {
        self.child_io.goes_on()
    }

    /// Evaluates an input, as [`Child::ask`] does.
    ///
    /// # Errors
    ///
    /// If there is no valid answer, for whatever reason.
    pub(super) fn answer(self, input: String) -> Result<Answer, ChildError> {
        let Output { output, ended } = self.child_io.end(input.into_bytes(), self.timeout);
        let (at, answer) = read_lines(&output);
        let what = match (ended, answer) {
            (Ok(0), Some(answer)) => return Ok(answer),
            (Ok(0), None) => "its process gave no proper answer".to_owned(),
            (Ok(PANICKED), _) => "the engine has panicked over it".to_owned(),
            (Ok(code), _) => format!("its process ended with exit code {code}"),
            (Err(what), _) => what,
        };
        Err(ChildError { at, what })
    }
}

/// The place that the process worked on last, and its answer if there is one.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_is_short_of_is_waited_for() {
        let short = || io::Error::from_raw_os_error(Errno::MFILE.raw_os_error());
        let waited = std::cell::Cell::new(Duration::ZERO);
        let wait = |pause| waited.set(waited.get() + pause);
        let mut left = 3;
        let started = wait_out_shortage(
            || match left {
                0 => Ok("started"),
                _ => {
                    left -= 1;
                    Err(short())
                }
            },
            wait,
        );
        assert_eq!(started.unwrap(), "started");
        assert_eq!(waited.take(), Duration::from_millis(500 + 1000 + 2000));
        let never = wait_out_shortage(|| Err::<(), _>(short()), wait);
        assert!(is_shortage(&never.unwrap_err()));
        let minutes = waited.take().as_secs() / 60;
        assert!((29..=31).contains(&minutes), "{minutes}");
        let missing = wait_out_shortage(
            || Err::<(), _>(io::Error::from(io::ErrorKind::NotFound)),
            wait,
        );
        assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(waited.take(), Duration::ZERO, "no program is no shortage");
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
