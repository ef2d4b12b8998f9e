//! Messages about programs of tasks and hooks that fail.

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

use super::account::Account;
use crate::codedeploy::HookWords;

/// Most messages; programs that fail repeatedly say the same.
const MAX_REMARKS: usize = 20;
/// Lines shown of a program's last output.
const LAST_LINES: usize = 3;
/// Characters shown of each line.
const LAST_CHARACTERS: usize = 200;

/// Messages with their times. Clones share them.
#[derive(Clone)]
pub(super) struct Remarks {
    account: Account,
    made: Arc<Mutex<Vec<(Timestamp, String)>>>,
}

impl Remarks {
    pub(super) fn new(account: Account) -> Self {
        Self {
            account,
            made: Arc::default(),
        }
    }

    /// Records that a task's program exited on its own.
    pub(super) fn ended(&self, task: &str, code: i32, printed: &str) {
        let mut lines = vec![format!("has ended with exit code {code}")];
        lines.extend(last_lines(printed));
        self.add(&name(task), &lines);
    }

    /// Records that a task's program could not be started.
    pub(super) fn not_started(&self, task: &str, problem: &std::io::Error) {
        self.add(&name(task), &[format!("cannot be started: {problem}")]);
    }

    /// Records that a task's program fails its health checks.
    pub(super) fn unhealthy(&self, task: &str, url: &str) {
        self.add(
            &name(task),
            &[format!("does not pass its health check at {url}")],
        );
    }

    /// Records that a hook failed, with the end of what it printed.
    pub(super) fn hook_failed(&self, event: &str, words: &HookWords) {
        let mut lines = vec![words.message.clone()];
        lines.extend(last_lines(&words.log));
        self.add(&format!("Hook {event}:"), &lines);
    }

    pub(super) fn all(&self) -> Vec<(Timestamp, String)> {
        let made = self.made.lock();
        made.clone()
    }

    fn add(&self, name: &str, lines: &[String]) {
        let now = self.account.now();
        let mut made = self.made.lock();
        for line in lines {
            if made.len() == MAX_REMARKS {
                return;
            }
            let remark = match made.len() + 1 {
                MAX_REMARKS => "No more is reported about programs".to_owned(),
                _ => format!("{name} {line}"),
            };
            made.push((now, remark));
        }
    }
}

/// A task's name in messages.
fn name(task: &str) -> String {
    let start: String = task.chars().take(8).collect();
    format!("Task {start}")
}

/// The last lines of a program's output.
fn last_lines(printed: &str) -> Vec<String> {
    let lines = printed.lines().rev().filter(|line| !line.trim().is_empty());
    let mut last: Vec<String> = lines
        .take(LAST_LINES)
        .map(|line| {
            let line: String = line.trim_end().chars().take(LAST_CHARACTERS).collect();
            format!("| {line}")
        })
        .collect();
    last.reverse();
    last
}

#[cfg(test)]
mod tests {
    use clock::Clock;

    use super::*;
    use crate::world::World;

    fn remarks() -> Remarks {
        let now = Timestamp::UNIX_EPOCH;
        let world = Arc::new(Mutex::new(World::new(now)));
        Remarks::new(Account::new(world, Clock::simulated(now, 1.0), 1.0))
    }

    fn lines(remarks: &Remarks) -> Vec<String> {
        remarks.all().into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn a_program_that_has_ended_has_its_last_words() {
        let remarks = remarks();
        remarks.ended("1a2b3c4d5e", 7, "a\nb\n\nc\nno such file\n");
        let expected = [
            "Task 1a2b3c4d has ended with exit code 7",
            "Task 1a2b3c4d | b",
            "Task 1a2b3c4d | c",
            "Task 1a2b3c4d | no such file",
        ];
        assert_eq!(lines(&remarks), expected);
        let long = "x".repeat(LAST_CHARACTERS + 1);
        assert_eq!(last_lines(&long)[0].len(), LAST_CHARACTERS + 2);
    }

    #[test]
    fn remarks_are_bounded_in_number() {
        let remarks = remarks();
        for _ in 0..=MAX_REMARKS {
            remarks.ended("a", 1, "");
        }
        let lines = lines(&remarks);
        assert_eq!(lines.len(), MAX_REMARKS);
        assert_eq!(lines[MAX_REMARKS - 2], "Task a has ended with exit code 1");
        assert_eq!(lines[MAX_REMARKS - 1], "No more is reported about programs");
    }
}
