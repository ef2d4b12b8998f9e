//! Objects in memory, for workers that share no bucket.

use std::collections::BTreeMap;

use async_trait::async_trait;
use parking_lot::{Mutex, MutexGuard};

use crate::ports::{CallError, ETag, Listed, Objects, Only, Written};

/// At most one object for each service of the account.
#[derive(Default)]
pub(super) struct Memory(Mutex<State>);

#[derive(Default)]
struct State {
    objects: BTreeMap<String, (Vec<u8>, ETag)>,
    writes: u64,
}

impl Memory {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

#[async_trait]
impl Objects for Memory {
    async fn write(&self, key: &str, body: Vec<u8>, only: Only) -> Result<Written, CallError> {
        let mut state = self.state();
        let present = state.objects.get(key).map(|(_, etag)| etag);
        let is_as_seen = match &only {
            Only::IfAbsent => present.is_none(),
            Only::IfUnchanged(seen) => present == Some(seen),
        };
        if !is_as_seen {
            return Ok(Written::NotAsSeen);
        }
        state.writes += 1;
        let etag = ETag(state.writes.to_string());
        state.objects.insert(key.to_owned(), (body, etag.clone()));
        Ok(Written::Done(etag))
    }

    async fn read(&self, key: &str, _: u64) -> Result<Option<(Vec<u8>, ETag)>, CallError> {
        Ok(self.state().objects.get(key).cloned())
    }

    async fn remove(&self, key: &str) -> Result<(), CallError> {
        self.state().objects.remove(key);
        Ok(())
    }

    async fn list(&self, start: &str, at_most: usize) -> Result<Vec<Listed>, CallError> {
        let state = self.state();
        let found = state
            .objects
            .iter()
            .filter(|(key, _)| key.starts_with(start));
        let listed = found.map(|(key, (_, etag))| Listed {
            key: key.clone(),
            etag: etag.clone(),
        });
        Ok(listed.take(at_most).collect())
    }
}
