//! Log of every call that reached the simulator, with its outcome.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::faults::Kind;

/// Maximum number of entries kept; the oldest are dropped.
pub const MAX_ENTRIES: usize = 100_000;

/// All calls, oldest first. Entries are never changed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    entries: VecDeque<Entry>,
    written: u64,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Counts from 1 without gaps.
    pub sequence: u64,
    /// Time in the simulated world.
    pub at: Timestamp,
    /// For example `codedeploy`; the name that IAM uses.
    pub service: String,
    /// For example `CreateDeployment`.
    pub operation: String,
    /// The JSON of the request; for S3 the method, bucket, key, range and
    /// conditions.
    pub input: Value,
    /// ARN of the role session, if the caller had assumed a role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    pub outcome: Outcome,
    /// Whether the service carried out the call, whatever response the caller
    /// received.
    pub took_effect: bool,
}

/// The response that the caller received.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    /// An error with this code.
    Error(String),
    /// The response was replaced by this fault.
    Fault(Kind),
}

impl Ledger {
    /// Adds an entry with the next sequence number.
    pub(crate) fn write(&mut self, entry: impl FnOnce(u64) -> Entry) {
        self.written += 1;
        if self.entries.len() == MAX_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(entry(self.written));
    }

    /// All entries that are kept, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The calls of one operation, oldest first.
    pub fn calls<'a>(
        &'a self,
        service: &'a str,
        operation: &'a str,
    ) -> impl DoubleEndedIterator<Item = &'a Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.service == service && entry.operation == operation)
    }

    /// Number of calls of an operation that took effect.
    #[must_use]
    pub fn effects(&self, service: &str, operation: &str) -> usize {
        self.calls(service, operation)
            .filter(|entry| entry.took_effect)
            .count()
    }

    /// Number of calls so far, including dropped entries.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sequence: u64, operation: &str, took_effect: bool) -> Entry {
        Entry {
            sequence,
            at: Timestamp::UNIX_EPOCH,
            service: "codedeploy".into(),
            operation: operation.into(),
            input: Value::Null,
            role: None,
            outcome: Outcome::Ok,
            took_effect,
        }
    }

    #[test]
    fn calls_and_effects_are_counted_apart() {
        let mut ledger = Ledger::default();
        ledger.write(|n| entry(n, "CreateDeployment", true));
        ledger.write(|n| entry(n, "CreateDeployment", false));
        ledger.write(|n| entry(n, "GetDeployment", true));
        assert_eq!(ledger.calls("codedeploy", "CreateDeployment").count(), 2);
        assert_eq!(ledger.effects("codedeploy", "CreateDeployment"), 1);
        assert_eq!(ledger.effects("ecs", "CreateDeployment"), 0);
    }

    #[test]
    fn the_oldest_entry_goes_when_the_ledger_is_full() {
        let mut ledger = Ledger::default();
        for _ in 0..=MAX_ENTRIES {
            ledger.write(|n| entry(n, "GetDeployment", true));
        }
        assert_eq!(ledger.entries().count(), MAX_ENTRIES);
        assert_eq!(ledger.entries().next().unwrap().sequence, 2);
        assert_eq!(ledger.written(), MAX_ENTRIES as u64 + 1);
    }
}
