//! Ports for release events: the event bus, and the sources of a release.

use async_trait::async_trait;

use super::CallError;

/// Maximum number of events in one call (the model of `PutEvents`).
pub const MAX_EVENTS: usize = 10;

/// Maximum size of all events of one call in bytes. AWS has recently raised its
/// limit to 1 MB, but not in every partition; this much is accepted everywhere.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// An event to put on a bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusEvent {
    pub source: &'static str,
    /// At most 128 characters.
    pub detail_type: &'static str,
    /// A JSON object.
    pub detail: String,
}

impl BusEvent {
    /// The size in bytes, as `PutEvents` counts it for an event without a time.
    #[must_use]
    pub fn size(&self) -> usize {
        self.source.len() + self.detail_type.len() + self.detail.len()
    }
}

/// An EventBridge event bus.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Puts at most [`MAX_EVENTS`] events, of at most [`MAX_EVENT_BYTES`]
    /// together, on the bus. Returns one result per event, in the same order.
    /// EventBridge accepts events for a bus that does not exist.
    async fn put(&self, events: &[BusEvent]) -> Result<Vec<Result<(), CallError>>, CallError>;
}

/// Reads the sources of releases.
#[async_trait]
pub trait Sources: Send + Sync {
    /// The output of the source actions of a pipeline execution; empty if
    /// CodePipeline no longer knows the execution.
    async fn of_execution(
        &self,
        pipeline: &str,
        execution: &str,
    ) -> Result<Vec<SourceRecord>, CallError>;
}

/// The output of a source action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRecord {
    pub artifact: String,
    /// A commit id or an object version.
    pub revision: String,
    /// The commit message.
    pub summary: Option<String>,
    pub url: Option<String>,
}
