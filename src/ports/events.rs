//! Those who watch releases from outside: a bus that events are put on, and
//! where a release comes from.

use async_trait::async_trait;

use super::CallError;

/// Events of one call (the model of `PutEvents`).
pub const MAX_EVENTS: usize = 10;

/// Bytes of all events of one call together. AWS takes up to 1 MB of late, and
/// not in every partition; this much it takes everywhere.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// An event, as it is put on a bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusEvent {
    pub source: &'static str,
    /// At most 128 characters.
    pub detail_type: &'static str,
    /// A JSON object.
    pub detail: String,
}

impl BusEvent {
    /// Its bytes, as `PutEvents` counts them for an event without a time.
    #[must_use]
    pub fn size(&self) -> usize {
        self.source.len() + self.detail_type.len() + self.detail.len()
    }
}

/// An event bus of EventBridge.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Puts at most [`MAX_EVENTS`] events, of at most [`MAX_EVENT_BYTES`]
    /// together; one answer for each, in their order. An event for a bus that
    /// does not exist is taken like any other.
    async fn put(&self, events: &[BusEvent]) -> Result<Vec<Result<(), CallError>>, CallError>;
}

/// Where releases come from.
#[async_trait]
pub trait Sources: Send + Sync {
    /// What the source actions of a pipeline execution gave; empty where
    /// CodePipeline no longer knows the execution.
    async fn of_execution(
        &self,
        pipeline: &str,
        execution: &str,
    ) -> Result<Vec<SourceRecord>, CallError>;
}

/// What a source action gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRecord {
    pub artifact: String,
    /// A commit's id, or an object's version.
    pub revision: String,
    /// A commit's message.
    pub summary: Option<String>,
    pub url: Option<String>,
}
