//! The evaluating process: it confines itself, then reads, evaluates and
//! answers. Policy text can loop, exhaust memory and abort whoever reads it.

use std::io::{self, Read as _, Write as _};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::engine;
use super::question::{Line, Question};

/// Seconds of processor time. An evaluation takes milliseconds.
const CPU_SECONDS: u64 = 5;

/// Bytes of address space. A hundred rules and a release need a twentieth.
const ADDRESS_SPACE: u64 = 1024 * 1024 * 1024;

/// Answers the question on standard input, on standard output. Whatever goes
/// wrong ends the process without an answer, which its parent takes for a no.
///
/// # Errors
///
/// When the limits cannot be set, or the question cannot be read or answered.
pub fn confine_and_answer() -> io::Result<()> {
    for (resource, limit) in [
        (Resource::As, ADDRESS_SPACE),
        (Resource::Cpu, CPU_SECONDS),
        // A core file would hold what the release holds.
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
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let question: Question = serde_json::from_str(&text)?;
    drop(text);
    let mut output = io::stdout().lock();
    let mut write = |line: &Line| -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        output.write_all(text.as_bytes())?;
        output.flush()
    };
    let mut broken = None;
    let answer = engine::answer(&question, &mut |place| {
        if let Err(error) = write(&Line::At(place.to_owned())) {
            broken = Some(error);
        }
    });
    match broken {
        Some(error) => Err(error),
        None => write(&Line::Answer(answer)),
    }
}
