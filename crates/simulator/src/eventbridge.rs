//! Simulated EventBridge: event buses and the events put on them.
//!
//! An invalid entry fails alone, inside a response with status 200, so callers
//! must check every entry. An event for a bus that does not exist gets an id as
//! usual and is dropped, as on AWS (aws/aws-sdk#186). `DescribeEventBus` shows
//! whether the bus exists.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::json::Members;
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

fn put(world: &mut World, input: Members<'_>) -> Answer {
    let entries = input.objects("Entries")?;
    if entries.is_empty() {
        return Err(length("greater than or equal to 1"));
    }
    if entries.len() > MAX_ENTRIES {
        return Err(length(&format!("less than or equal to {MAX_ENTRIES}")));
    }
    let mut bytes = 0;
    for entry in &entries {
        bytes += size(*entry)?;
    }
    if bytes > MAX_BYTES {
        return Err(ApiError::new(
            "ValidationException",
            format!("Total size of the entries in the request is over the limit of {MAX_BYTES}"),
        ));
    }
    let mut answers = Vec::new();
    let mut failed = 0;
    for entry in entries {
        answers.push(match read(world, entry) {
            Ok(event) => {
                let answer = json!({ "EventId": event.id });
                world.eventbridge.put(event);
                answer
            }
            Err(Refusal::Call(error)) => return Err(error),
            Err(Refusal::Entry { code, message }) => {
                failed += 1;
                json!({ "ErrorCode": code, "ErrorMessage": message })
            }
        });
    }
    Ok(json!({ "FailedEntryCount": failed, "Entries": answers }))
}

/// Why an entry is refused.
enum Refusal {
    /// The whole call fails.
    Call(ApiError),
    /// Only this entry fails, which the response shows in its place.
    Entry { code: &'static str, message: String },
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Call(error)
    }
}

/// The event of a valid entry.
fn read(world: &mut World, entry: Members<'_>) -> Result<PutEvent, Refusal> {
    let required = |name: &str| {
        let text = entry.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| invalid(name, &format!("{name} is a required argument")))
    };
    let source = required("Source")?;
    let detail_type = required("DetailType")?;
    let detail = required("Detail")?;
    if detail_type.chars().count() > MAX_DETAIL_TYPE {
        let reason = format!("it has more than {MAX_DETAIL_TYPE} characters");
        return Err(invalid("DetailType", &reason));
    }
    if source.starts_with("aws.") {
        return Err(Refusal::Entry {
            code: "NotAuthorizedForSourceException",
            message: "Not authorized for the source.".into(),
        });
    }
    let detail = serde_json::from_str::<Value>(detail).ok();
    let detail = detail.filter(Value::is_object);
    let detail = detail.ok_or_else(|| Refusal::Entry {
        code: "MalformedDetail",
        message: "Detail is malformed.".into(),
    })?;
    let bus = bus_name(entry.text("EventBusName")?);
    Ok(PutEvent {
        id: world.names.uuid(),
        at: world.now(),
        bus: bus.to_owned(),
        source: source.to_owned(),
        detail_type: detail_type.to_owned(),
        detail,
    })
}

fn invalid(parameter: &str, reason: &str) -> Refusal {
    Refusal::Entry {
        code: "InvalidArgument",
        message: format!("Parameter {parameter} is not valid. Reason: {reason}."),
    }
}

/// Size of an entry as AWS counts it: 14 bytes for a time, and the bytes of
/// source, detail-type, detail and resources.
fn size(entry: Members<'_>) -> Result<usize, ApiError> {
    let mut bytes = if entry.raw("Time").is_some() { 14 } else { 0 };
    for name in ["Source", "DetailType", "Detail"] {
        bytes += entry.text(name)?.map_or(0, str::len);
    }
    let resources = entry.texts("Resources")?;
    Ok(bytes + resources.iter().map(|arn| arn.len()).sum::<usize>())
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
