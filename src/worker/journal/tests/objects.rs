//! A bucket in memory whose calls can fail.

use std::collections::BTreeMap;

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::ports::{CallError, CallErrorKind, ETag, Listed, Objects, Only, TOO_LONG, Written};

/// What happens to the next writes, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It takes effect, but its answer is lost.
    AnswerLost,
    /// It takes effect, but its answer is lost. The SDK sends it again, and the
    /// condition does not hold any more.
    SentAgain,
    /// It is never sent.
    NotSent,
}

#[derive(Default)]
pub(super) struct Bucket(Mutex<State>);

#[derive(Default)]
struct State {
    objects: BTreeMap<String, (Vec<u8>, u64)>,
    version: u64,
    faults: Vec<Fault>,
    down: bool,
    /// Keys whose objects cannot be read.
    bad: Vec<(String, CallErrorKind)>,
}

impl Bucket {
    pub(super) fn upset(&self, fault: Fault) {
        self.0.lock().faults.push(fault);
    }

    pub(super) fn set_down(&self, down: bool) {
        self.0.lock().down = down;
    }

    pub(super) fn spoil(&self, key: &str, kind: CallErrorKind) {
        self.0.lock().bad.push((key.to_owned(), kind));
    }

    pub(super) fn keys(&self, start: &str) -> Vec<String> {
        let state = self.0.lock();
        let keys = state.objects.keys();
        keys.filter(|key| key.starts_with(start)).cloned().collect()
    }

    pub(super) fn text(&self, key: &str) -> String {
        let state = self.0.lock();
        String::from_utf8(state.objects[key].0.clone()).unwrap()
    }

    pub(super) fn put(&self, key: &str, text: &str) {
        self.0.lock().put(key, text.into());
    }
}

impl State {
    fn put(&mut self, key: &str, body: Vec<u8>) -> ETag {
        self.version += 1;
        self.objects.insert(key.to_owned(), (body, self.version));
        ETag(self.version.to_string())
    }

    fn up(&self) -> Result<(), CallError> {
        match self.down {
            true => Err(lost()),
            false => Ok(()),
        }
    }
}

fn lost() -> CallError {
    CallError::new("s3:PutObject", CallErrorKind::Unclear, "Lost", "")
}

#[async_trait]
impl Objects for Bucket {
    async fn write(&self, key: &str, body: Vec<u8>, only: Only) -> Result<Written, CallError> {
        let mut state = self.0.lock();
        state.up()?;
        let fault = (!state.faults.is_empty()).then(|| state.faults.remove(0));
        if fault == Some(Fault::NotSent) {
            return Err(lost());
        }
        let present = state
            .objects
            .get(key)
            .map(|(_, version)| ETag(version.to_string()));
        let holds = match (&only, &present) {
            (Only::IfAbsent, None) => true,
            (Only::IfUnchanged(seen), Some(present)) => seen == present,
            (Only::IfAbsent, Some(_)) | (Only::IfUnchanged(_), None) => false,
        };
        let written = match holds {
            true => Written::Done(state.put(key, body)),
            false => Written::NotAsSeen,
        };
        match fault {
            Some(Fault::AnswerLost) => Err(lost()),
            Some(Fault::SentAgain) => Ok(Written::NotAsSeen),
            Some(Fault::NotSent) | None => Ok(written),
        }
    }

    async fn read(&self, key: &str, at_most: u64) -> Result<Option<(Vec<u8>, ETag)>, CallError> {
        let state = self.0.lock();
        state.up()?;
        let found = state.objects.get(key);
        if found.is_some_and(|(body, _)| body.len() as u64 > at_most) {
            let code = TOO_LONG.into();
            return Err(CallError { code, ..lost() });
        }
        if let Some((_, kind)) = state.bad.iter().find(|(bad, _)| bad == key) {
            let kind = *kind;
            return Err(CallError { kind, ..lost() });
        }
        Ok(found.map(|(body, version)| (body.clone(), ETag(version.to_string()))))
    }

    async fn remove(&self, key: &str) -> Result<(), CallError> {
        let mut state = self.0.lock();
        state.up()?;
        state.objects.remove(key);
        Ok(())
    }

    async fn list(&self, start: &str, at_most: usize) -> Result<Vec<Listed>, CallError> {
        let state = self.0.lock();
        state.up()?;
        let found = state
            .objects
            .iter()
            .filter(|(key, _)| key.starts_with(start));
        let listed = found.map(|(key, (_, version))| Listed {
            key: key.clone(),
            etag: ETag(version.to_string()),
        });
        Ok(listed.take(at_most).collect())
    }
}
