//! The account's event buses, and the events they received.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The bus that exists in every account.
const DEFAULT_BUS: &str = "default";

/// Maximum number of events kept; the oldest are dropped.
pub(super) const MAX_EVENTS: usize = 10_000;

/// EventBridge's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct EventBridge {
    /// Buses other than the default one.
    buses: BTreeSet<String>,
    events: VecDeque<PutEvent>,
}

/// An event received by a bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutEvent {
    pub id: String,
    pub at: Timestamp,
    /// Name of the bus, even if the caller gave its ARN.
    pub bus: String,
    pub source: String,
    pub detail_type: String,
    pub detail: Value,
}

impl EventBridge {
    pub(super) fn add_bus(&mut self, name: &str) {
        self.buses.insert(name.to_owned());
    }

    /// All events that are kept, oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &PutEvent> {
        self.events.iter()
    }

    pub(super) fn has_bus(&self, name: &str) -> bool {
        name == DEFAULT_BUS || self.buses.contains(name)
    }

    pub(super) fn put(&mut self, event: PutEvent) {
        if self.events.len() == MAX_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

/// The name in a bus's name or ARN. `None` means the default bus.
pub(super) fn bus_name(name_or_arn: Option<&str>) -> &str {
    let Some(text) = name_or_arn else {
        return DEFAULT_BUS;
    };
    match text.split_once(":event-bus/") {
        Some((_, name)) if text.starts_with("arn:") => name,
        Some(_) | None => text,
    }
}
