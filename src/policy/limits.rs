//! The evaluating process: limits its own resources, then loads, evaluates and
//! answers. Policy text can loop, exhaust memory and crash its evaluator, which
//! is why it never runs in the worker's process.

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead as _, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::inputs;
use super::question::{Line, Question};

/// The limit of processor time, in seconds. An evaluation takes milliseconds.
const CPU_SECONDS: u64 = 5;

/// The limit of processor time for all tests of a set, in seconds. A person
/// waits for them. Two thousand tests of a public set need half a minute.
const TESTS_CPU_SECONDS: u64 = 60;

/// The limit of address space, in bytes. A hundred rules and a release need a
/// twentieth of it.
const ADDRESS_SPACE: u64 = 1024 * 1024 * 1024;

/// The limit of address space for the operator's programs, in bytes. A program
/// written in Go reserves more than one gigabyte before it begins.
const PROGRAM_ADDRESS_SPACE: u64 = 4 * 1024 * 1024 * 1024;

/// The highest score of Linux for a process to be ended when memory runs out.
const FIRST_TO_GO: &str = "1000";

/// The kind of work, which determines the limit of processor time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// One release.
    Release,
    /// All tests of a set.
    Tests,
}

/// Reads a question from standard input and writes the answer to standard
/// output. Any failure ends the process without an answer, which its parent
/// treats as a refusal.
///
/// # Errors
///
/// If the limits cannot be set, or the question cannot be read or answered.
pub fn confine_and_answer(work: Work) -> io::Result<()> {
    let seconds = match work {
        Work::Release => CPU_SECONDS,
        Work::Tests => TESTS_CPU_SECONDS,
    };
    confine(ADDRESS_SPACE, seconds)?;
    let mut asked = io::stdin().lock();
    let mut line = String::new();
    asked.read_line(&mut line)?;
    let question: Question = serde_json::from_str(&line)?;
    drop(line);
    let mut input = || {
        let mut text = String::new();
        asked.read_to_string(&mut text).map(|_| text)
    };
    let mut output = io::stdout().lock();
    let mut write = |line: &Line| -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        output.write_all(text.as_bytes())?;
        output.flush()
    };
    let mut broken = None;
    let answer = inputs::answer(&question, &mut input, &mut |place| {
        if let Err(error) = write(&Line::At(place.to_owned())) {
            broken = Some(error);
        }
    });
    match broken {
        Some(error) => Err(error),
        None => write(&Line::Answer(answer)),
    }
}

/// Sets the limits of this process and replaces it by the program.
///
/// # Errors
///
/// Always: on success it does not return.
pub fn confine_and_become(command: &[OsString]) -> io::Result<()> {
    let [program, arguments @ ..] = command else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    confine(PROGRAM_ADDRESS_SPACE, CPU_SECONDS)?;
    Err(Command::new(program).args(arguments).exec())
}

fn confine(address_space: u64, cpu_seconds: u64) -> io::Result<()> {
    // Several of these processes may take more memory than there is. Then the
    // kernel ends one of them and not the worker. Where this cannot be set, the
    // kernel still prefers the largest process.
    let _ = fs::write("/proc/self/oom_score_adj", FIRST_TO_GO);
    for (resource, limit) in [
        (Resource::As, address_space),
        (Resource::Cpu, cpu_seconds),
        // A core file would contain the release.
        (Resource::Core, 0),
    ] {
        let limit = Some(limit);
        setrlimit(
            resource,
            Rlimit {
                current: limit,
                maximum: limit,
            },
        )?;
    }
    Ok(())
}
