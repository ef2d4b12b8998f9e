//! A schedule of next events.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The time of the next event of each key.
///
/// Every call must find the next due event. Few of thousands of keys have
/// changed since the last call, so only those are evaluated again. The others
/// keep their entries; a key without an entry has no further event.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Agenda<K: Ord> {
    /// Keys whose next event must be computed again.
    changed: BTreeSet<K>,
    dues: BTreeMap<K, Timestamp>,
    /// The entries of `dues`, sorted by time.
    entries: BTreeSet<(Timestamp, K)>,
}

impl<K: Ord + Clone> Agenda<K> {
    /// Must be called when anything has changed that a key's next event
    /// depends on.
    pub(crate) fn change(&mut self, key: K) {
        self.changed.insert(key);
    }

    /// Must be called when anything has changed that every next event may
    /// depend on.
    pub(crate) fn change_all(&mut self) {
        self.changed.extend(self.dues.keys().cloned());
    }

    /// The first of all next events. `due` computes the time of a key's.
    pub(crate) fn next(&mut self, due: impl Fn(&K) -> Option<Timestamp>) -> Option<(Timestamp, K)> {
        for key in std::mem::take(&mut self.changed) {
            if let Some(before) = self.dues.remove(&key) {
                self.entries.remove(&(before, key.clone()));
            }
            if let Some(due) = due(&key) {
                self.dues.insert(key.clone(), due);
                self.entries.insert((due, key));
            }
        }
        self.entries.first().cloned()
    }
}
