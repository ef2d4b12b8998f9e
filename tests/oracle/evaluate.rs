//! Evaluates policy sets for `tests/run oracle`, which compares thousands. A
//! process for each, as in the program, would take minutes. Each line of
//! standard input is a [`Job`]; each line of standard output is the result of
//! loading its set and of evaluating each of its inputs.

use std::io::{self, BufRead as _, Write as _};
use std::panic::{self, AssertUnwindSafe};

use bluegreen_worker::policy::{Answer, Question, Task, answer};
use serde::Deserialize;

#[derive(Deserialize)]
struct Job {
    question: Question,
    /// JSON texts, so that numbers keep their notation.
    inputs: Vec<String>,
}

fn main() -> io::Result<()> {
    // A panic is reported in the output as a problem.
    panic::set_hook(Box::new(|_| {}));
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let mut job: Job = serde_json::from_str(&line?)?;
        let mut answers = vec![ask(&mut job.question, Task::Load, "")];
        if !matches!(answers[0], Answer::Problems(_)) {
            for input in &job.inputs {
                answers.push(ask(&mut job.question, Task::Evaluate, input));
            }
        }
        serde_json::to_writer(&mut output, &answers)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

fn ask(question: &mut Question, task: Task, input: &str) -> Answer {
    question.task = task;
    let answered = panic::catch_unwind(AssertUnwindSafe(|| {
        answer(question, &mut || Ok(input.to_owned()), &mut |_| {})
    }));
    answered.unwrap_or_else(|_| Answer::Problems(vec!["the engine has panicked over it".into()]))
}
