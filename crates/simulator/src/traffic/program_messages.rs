//! Messages about programs of tasks and hooks that fail.

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

use super::account::Account;
use crate::codedeploy::HookOutput;

/// Maximum number of messages; programs that fail repeatedly say the same.
const MAX_MESSAGES: usize = 20;
/// Lines shown of a program's last output.
const LAST_LINES: usize = 3;
/// Characters shown of each line.
const LAST_CHARACTERS: usize = 200;

/// Messages with their times. Clones share them.
#[derive(Clone)]
pub(super) struct ProgramMessages {
    account: Account,
    made: Arc<Mutex<Vec<(Timestamp, String)>>>,
}

impl ProgramMessages {
    pub(super) fn new(account: Account) -> Self {
        Self {
            account,
            made: Arc::default(),
        }
    }

    /// Records that a task's program exited on its own.
    pub(super) fn program_exited(&self, task: &str, code: i32, printed: &str) {
        let mut lines = vec![format!("exited with code {code}")];
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
    pub(super) fn hook_failed(&self, event: &str, words: &HookOutput) {
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
            if made.len() == MAX_MESSAGES {
                return;
            }
            let message = match made.len() + 1 {
                MAX_MESSAGES => "Further messages about programs are not shown".to_owned(),
                _ => format!("{name} {line}"),
            };
            made.push((now, message));
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

    fn messages() -> ProgramMessages {
        let now = Timestamp::UNIX_EPOCH;
        let world = Arc::new(Mutex::new(World::new(now)));
        ProgramMessages::new(Account::new(world, Clock::simulated(now, 1.0), 1.0))
    }

    fn lines(messages: &ProgramMessages) -> Vec<String> {
        messages.all().into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn a_program_that_exits_has_its_last_output() {
        let messages = messages();
        messages.program_exited("1a2b3c4d5e", 7, "a\nb\n\nc\nno such file\n");
        let expected = [
            "Task 1a2b3c4d exited with code 7",
            "Task 1a2b3c4d | b",
            "Task 1a2b3c4d | c",
            "Task 1a2b3c4d | no such file",
        ];
        assert_eq!(lines(&messages), expected);
        let long = "x".repeat(LAST_CHARACTERS + 1);
        assert_eq!(last_lines(&long)[0].len(), LAST_CHARACTERS + 2);
    }

    #[test]
    fn messages_are_bounded_in_number() {
        let messages = messages();
        for _ in 0..=MAX_MESSAGES {
            messages.program_exited("a", 1, "");
        }
        let lines = lines(&messages);
        assert_eq!(lines.len(), MAX_MESSAGES);
        assert_eq!(lines[MAX_MESSAGES - 2], "Task a exited with code 1");
        assert_eq!(
            lines[MAX_MESSAGES - 1],
            "Further messages about programs are not shown"
        );
    }
}
