//! Asks a question of a process of its own, and waits only so long.

use std::io::{self, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::question::{Answer, Line, Question};

/// How long an evaluation may take, whatever the process does with its time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of output. A thousand findings of usual length need a third of it.
const MAX_OUTPUT: u64 = 1024 * 1024;

/// This program, also after its file was replaced.
const OURSELVES: &str = "/proc/self/exe";

/// The hidden command that answers.
const COMMAND: &str = "policy-worker";

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

    /// Asks, and blocks the thread for ten seconds at most.
    ///
    /// # Errors
    ///
    /// When there is no proper answer, for whatever reason.
    pub fn ask(&self, question: &Question) -> Result<Answer, Mishap> {
        let nowhere = |what: String| Mishap { at: None, what };
        let text = serde_json::to_vec(question).map_err(|error| nowhere(error.to_string()))?;
        let mut process = self
            .start()
            .map_err(|error| nowhere(format!("its process cannot be started: {error}")))?;
        let output = exchange(&mut process, text);
        // Also where it has ended: what is left of it must not linger.
        let killed = output.is_none() && process.kill().is_ok();
        let status = process.wait();
        let output = output.unwrap_or_default();
        let (at, answer) = read_lines(&output);
        let what = match (status, answer) {
            _ if killed => format!("it took longer than {} seconds", PATIENCE.as_secs()),
            _ if output.len() as u64 > MAX_OUTPUT => {
                format!("it answered with more than {MAX_OUTPUT} bytes")
            }
            (Ok(status), Some(answer)) if status.success() => return Ok(answer),
            (Ok(status), _) => describe(status),
            (Err(error), _) => format!("its process is lost: {error}"),
        };
        Err(Mishap { at, what })
    }

    fn start(&self) -> io::Result<Process> {
        Command::new(&self.program)
            .arg(COMMAND)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // The engine writes to it as it likes.
            .stderr(Stdio::null())
            .spawn()
    }
}

/// Hands in the question and takes the output, at most one byte more than is
/// allowed; `None` when that took too long.
fn exchange(process: &mut Process, question: Vec<u8>) -> Option<Vec<u8>> {
    let (mut input, output) = (process.stdin.take()?, process.stdout.take()?);
    // A process that dies early closes its end; its status tells why.
    thread::spawn(move || input.write_all(&question));
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.take(MAX_OUTPUT + 1).read_to_end(&mut bytes);
        // Nobody listens any more once patience has ended.
        let _ = send.send(read.map(|_| bytes));
    });
    receive.recv_timeout(PATIENCE).ok()?.ok()
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

fn describe(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => {
            let why = match signal {
                6 => " (SIGABRT: out of memory, or out of stack by endless recursion)",
                9 => " (SIGKILL: the limit of its processor time, or of its memory)",
                11 => " (SIGSEGV: out of stack)",
                24 => " (SIGXCPU: the limit of its processor time)",
                _ => "",
            };
            format!("its process was ended by signal {signal}{why}")
        }
        (None, Some(0)) => "its process gave no proper answer".to_owned(),
        (None, code) => format!("its process ended with exit code {}", code.unwrap_or(-1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
