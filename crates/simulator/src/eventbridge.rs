//! Simulated EventBridge: event buses and the events put on them.
//!
//! An invalid entry fails alone, inside a response with status 200, so callers
//! must check every entry. An event for a bus that does not exist gets an id as
//! usual and is dropped, as on AWS (aws/aws-sdk#186). `DescribeEventBus` shows
//! whether the bus exists.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::json::{Members, mismatch};
use crate::world::World;

/// The bus that exists in every account.
const DEFAULT_BUS: &str = "default";

/// Maximum number of events kept; the oldest are dropped.
const MAX_EVENTS: usize = 10_000;

/// Maximum number of entries per call.
const MAX_ENTRIES: usize = 10;

/// Maximum number of bytes of all entries of a call in total.
const MAX_BYTES: usize = 256 << 10;

/// Longest detail-type, in characters.
const MAX_DETAIL_TYPE: usize = 128;

/// Longest name of a bus, in characters.
const MAX_NAME: usize = 256;

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
    /// All events that are kept, oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &PutEvent> {
        self.events.iter()
    }

    fn has_bus(&self, name: &str) -> bool {
        name == DEFAULT_BUS || self.buses.contains(name)
    }

    /// Keeps an event. One for a bus that does not exist is silently dropped.
    fn put(&mut self, event: PutEvent) {
        if !self.has_bus(&event.bus) {
            return;
        }
        if self.events.len() == MAX_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

/// The name in a bus's name or ARN. `None` means the default bus.
fn bus_name(name_or_arn: Option<&str>) -> &str {
    let Some(text) = name_or_arn else {
        return DEFAULT_BUS;
    };
    match text.split_once(":event-bus/") {
        Some((_, name)) if text.starts_with("arn:") => name,
        Some(_) | None => text,
    }
}

/// Handles one call.
///
/// # Errors
///
/// Errors that concern the call as a whole.
pub fn call(world: &mut World, operation: &str, input: &Value) -> Answer {
    let members = Members::of(input)?;
    match operation {
        "PutEvents" => put(world, members),
        "CreateEventBus" => create(world, members),
        "DescribeEventBus" => describe(world, members),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

/// An entry of a request.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    time: Option<IgnoredAny>,
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
    resources: Option<Vec<String>>,
}

fn put(world: &mut World, input: Members<'_>) -> Answer {
    let entries = input.objects("Entries")?.into_iter();
    let entries: Vec<Entry> = entries
        .map(|entry| serde_json::from_value(entry.to_value()))
        .collect::<Result<_, _>>()
        .map_err(|_| mismatch("Entries", "events"))?;
    if entries.is_empty() {
        return Err(length("greater than or equal to 1"));
    }
    if entries.len() > MAX_ENTRIES {
        return Err(length(&format!("less than or equal to {MAX_ENTRIES}")));
    }
    if entries.iter().map(Entry::size).sum::<usize>() > MAX_BYTES {
        return Err(ApiError::new(
            "ValidationException",
            format!("Total size of the entries in the request is over the limit of {MAX_BYTES}"),
        ));
    }
    let mut answers = Vec::new();
    let mut failed = 0;
    for entry in entries {
        answers.push(match entry.event(world) {
            Ok(event) => {
                let answer = json!({ "EventId": event.id });
                world.eventbridge.put(event);
                answer
            }
            Err(Refusal { code, message }) => {
                failed += 1;
                json!({ "ErrorCode": code, "ErrorMessage": message })
            }
        });
    }
    Ok(json!({ "FailedEntryCount": failed, "Entries": answers }))
}

/// Why an entry fails, which the response shows in its place.
struct Refusal {
    code: &'static str,
    message: String,
}

impl Entry {
    /// Size as AWS counts it: 14 bytes for a time, and the bytes of source,
    /// detail-type, detail and resources.
    fn size(&self) -> usize {
        let time = if self.time.is_some() { 14 } else { 0 };
        let texts = [&self.source, &self.detail_type, &self.detail];
        let texts = texts.into_iter().flatten();
        let resources = self.resources.iter().flatten();
        time + texts.chain(resources).map(String::len).sum::<usize>()
    }

    fn event(self, world: &mut World) -> Result<PutEvent, Refusal> {
        let required = |name: &str, text: Option<String>| {
            text.filter(|text| !text.is_empty())
                .ok_or_else(|| invalid(name, &format!("{name} is a required argument")))
        };
        let source = required("Source", self.source)?;
        let detail_type = required("DetailType", self.detail_type)?;
        let detail = required("Detail", self.detail)?;
        if detail_type.chars().count() > MAX_DETAIL_TYPE {
            let reason = format!("it has more than {MAX_DETAIL_TYPE} characters");
            return Err(invalid("DetailType", &reason));
        }
        if source.starts_with("aws.") {
            return Err(Refusal {
                code: "NotAuthorizedForSourceException",
                message: "Not authorized for the source.".into(),
            });
        }
        let detail = serde_json::from_str::<Value>(&detail).ok();
        let detail = detail.filter(Value::is_object);
        let detail = detail.ok_or_else(|| Refusal {
            code: "MalformedDetail",
            message: "Detail is malformed.".into(),
        })?;
        Ok(PutEvent {
            id: world.names.uuid(),
            at: world.now(),
            bus: bus_name(self.event_bus_name.as_deref()).to_owned(),
            source,
            detail_type,
            detail,
        })
    }
}

fn invalid(parameter: &str, reason: &str) -> Refusal {
    Refusal {
        code: "InvalidArgument",
        message: format!("Parameter {parameter} is not valid. Reason: {reason}."),
    }
}

fn length(constraint: &str) -> ApiError {
    ApiError::new(
        "ValidationException",
        format!(
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: \
             Member must have length {constraint}"
        ),
    )
}

fn describe(world: &World, input: Members<'_>) -> Answer {
    let name = bus_name(input.text("Name")?);
    if !world.eventbridge.has_bus(name) {
        return Err(ApiError::new(
            "ResourceNotFoundException",
            format!("Event bus {name} does not exist."),
        ));
    }
    Ok(json!({ "Name": name, "Arn": arn(world, name) }))
}

fn create(world: &mut World, input: Members<'_>) -> Answer {
    let name = input.text("Name")?.unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if !(1..=MAX_NAME).contains(&name.len()) || !name.chars().all(allowed) {
        return Err(ApiError::new(
            "ValidationException",
            format!("A bus's name has 1 to {MAX_NAME} letters, digits and ._-/"),
        ));
    }
    if world.eventbridge.has_bus(name) {
        return Err(ApiError::new(
            "ResourceAlreadyExistsException",
            format!("Event bus {name} already exists."),
        ));
    }
    world.eventbridge.buses.insert(name.to_owned());
    Ok(json!({ "EventBusArn": arn(world, name) }))
}

fn arn(world: &World, bus: &str) -> String {
    world.arn("events", &format!("event-bus/{bus}"))
}
