//! One EventBridge event bus, used with the worker's own credentials.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};

use super::error::{answered, call_error, incomplete, none_if};
use super::service_clients;
use crate::ports::{BusEvent, CallError, CallErrorKind, EventBus};

const PUT: &str = "events:PutEvents";
const DESCRIBE: &str = "events:DescribeEventBus";

/// The HTTP status of a response that reports an error for a single event.
const STATUS: u16 = 200;

/// A bus, identified by its name or ARN.
#[derive(Clone, Debug)]
pub struct EventBridgeBus {
    client: Client,
    bus: String,
}

impl EventBridgeBus {
    #[must_use]
    pub fn new(config: &SdkConfig, bus: &str) -> Self {
        Self {
            client: service_clients::events(config),
            bus: bus.to_owned(),
        }
    }

    /// Whether the bus exists, which `PutEvents` does not report.
    ///
    /// # Errors
    ///
    /// If EventBridge does not answer whether it exists.
    pub async fn exists(&self) -> Result<bool, CallError> {
        let describe = self.client.describe_event_bus().name(&self.bus);
        let absent = ["ResourceNotFoundException"];
        let answer = none_if(&absent, DESCRIBE, &self.bus, describe.send().await)?;
        Ok(answer.is_some())
    }

    fn entry(&self, event: &BusEvent) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(event.source)
            .detail_type(event.detail_type)
            .detail(&event.detail)
            .build()
    }

    fn outcome(&self, entry: &PutEventsResultEntry) -> Result<(), CallError> {
        let Some(code) = entry.error_code() else {
            return Ok(());
        };
        let message = entry.error_message().unwrap_or_default();
        let kind = CallErrorKind::of_answer(Some(code), message, STATUS);
        Err(answered(kind, PUT, &self.bus, code, message))
    }
}

#[async_trait]
impl EventBus for EventBridgeBus {
    async fn put(&self, events: &[BusEvent]) -> Result<Vec<Result<(), CallError>>, CallError> {
        let entries = events.iter().map(|event| self.entry(event)).collect();
        let put = self.client.put_events().set_entries(Some(entries));
        let answer = put.send().await;
        let answer = answer.map_err(|error| call_error(PUT, Some(&self.bus), &error))?;
        if answer.entries().len() != events.len() {
            return Err(incomplete(PUT, &self.bus));
        }
        Ok(answer
            .entries()
            .iter()
            .map(|one| self.outcome(one))
            .collect())
    }
}
