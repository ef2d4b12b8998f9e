//! `DescribeAlarms`, by names and state.

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::json::{Members, epoch};
use crate::world::World;

use super::AlarmState;

/// Maximum number of alarms per response.
const MAX_NAMES: usize = 100;

/// Handles one call.
pub fn call(world: &World, operation: &str, input: &Value) -> Answer {
    let members = Members::of(input)?;
    match operation {
        "DescribeAlarms" => describe(world, members),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn describe(world: &World, input: Members<'_>) -> Answer {
    let names = input.texts("AlarmNames")?;
    if names.len() > MAX_NAMES {
        return Err(ApiError::new(
            "ValidationError",
            format!("At most {MAX_NAMES} alarms can be asked for"),
        ));
    }
    let wanted = input.text("StateValue")?;
    let alarms: Vec<Value> = world
        .cloudwatch
        .alarms()
        .filter(|(name, state, _)| {
            (names.is_empty() || names.contains(name))
                && wanted.is_none_or(|wanted| wanted == state.as_str())
        })
        .map(|(name, state, since)| {
            json!({
                "AlarmName": name,
                "AlarmArn": world.arn("cloudwatch", &format!("alarm:{name}")),
                "StateValue": state.as_str(),
                "StateReason": world.cloudwatch.reason(name).unwrap_or(state.reason()),
                "StateUpdatedTimestamp": epoch(since),
            })
        })
        .collect();
    Ok(json!({ "MetricAlarms": alarms, "CompositeAlarms": [] }))
}

impl AlarmState {
    /// The value in responses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Ok => "The alarm was set to OK by hand",
            Self::Alarm => "The alarm was set off by hand",
            Self::InsufficientData => "No data",
        }
    }
}
