//! Simulated CloudWatch: named alarms, whose states are set from outside.
//! `DescribeAlarms` finds them by names or their prefix, and by state.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::json::{Members, epoch, page, without_nulls};
use crate::world::World;

/// Maximum number of alarms per response and of names per request.
const MAX_ALARMS: usize = 100;
/// Alarms on a page, unless the request says otherwise.
const PAGE: usize = 50;

/// CloudWatch's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CloudWatch {
    alarms: BTreeMap<String, Alarm>,
}

/// State of an alarm (`StateValue`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    Ok,
    Alarm,
    InsufficientData,
}

/// One alarm, and since when it has its state.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Alarm {
    state: AlarmState,
    since: Timestamp,
    /// The reason given for the state: what the real traffic did.
    reason: Option<String>,
}

impl CloudWatch {
    /// Sets the state of an alarm at `at`, creating the alarm if needed.
    pub(crate) fn set(
        &mut self,
        name: &str,
        state: AlarmState,
        reason: Option<&str>,
        at: Timestamp,
    ) {
        let alarm = self.alarms.entry(name.to_owned()).or_insert(Alarm {
            state,
            since: at,
            reason: None,
        });
        let has_changed = alarm.state != state;
        if has_changed {
            (alarm.state, alarm.since) = (state, at);
        }
        if has_changed || reason.is_some() {
            alarm.reason = reason.map(str::to_owned);
        }
    }

    /// All alarms by name, with state and the time since which they have it.
    pub fn alarms(&self) -> impl Iterator<Item = (&str, AlarmState, Timestamp)> {
        let alarms = self.alarms.iter();
        alarms.map(|(name, alarm)| (name.as_str(), alarm.state, alarm.since))
    }

    /// The first of the named alarms to become active, and when it did.
    pub(crate) fn first_active<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<(&'a str, Timestamp)> {
        names
            .into_iter()
            .filter_map(|name| {
                let alarm = self.alarms.get(name)?;
                (alarm.state == AlarmState::Alarm).then_some((name, alarm.since))
            })
            .min_by_key(|(_, since)| *since)
    }
}

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
    let prefix = input.text("AlarmNamePrefix")?;
    if names.len() > MAX_ALARMS {
        return Err(invalid(&format!(
            "At most {MAX_ALARMS} alarms can be asked for"
        )));
    }
    if prefix.is_some() && !names.is_empty() {
        return Err(invalid(
            "AlarmNamePrefix and AlarmNames cannot be specified together",
        ));
    }
    let size = input.page_size("MaxRecords", (PAGE, MAX_ALARMS))?;
    let size = size.ok_or_else(|| invalid(&format!("MaxRecords is from 1 to {MAX_ALARMS}")))?;
    let types = input.texts("AlarmTypes")?;
    let state = input.text("StateValue")?;
    let alarms: Vec<Value> = world
        .cloudwatch
        .alarms
        .iter()
        .filter(|_| types.is_empty() || types.contains(&"MetricAlarm"))
        .filter(|(name, _)| names.is_empty() || names.contains(&name.as_str()))
        .filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)))
        .filter(|(_, alarm)| state.is_none_or(|state| json!(alarm.state) == state))
        .map(|(name, alarm)| {
            let reason = alarm.reason.as_deref();
            json!({
                "AlarmName": name,
                "AlarmArn": world.arn("cloudwatch", &format!("alarm:{name}")),
                "StateValue": alarm.state,
                "StateReason": reason.unwrap_or(alarm.state.reason()),
                "StateUpdatedTimestamp": epoch(alarm.since),
            })
        })
        .collect();
    let page = page(alarms, input.text("NextToken")?, size)
        .ok_or_else(|| ApiError::new("InvalidNextToken", "The next token is not valid"))?;
    Ok(without_nulls(json!({
        "MetricAlarms": page.items, "CompositeAlarms": [], "NextToken": page.next,
    })))
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("ValidationError", message)
}

impl AlarmState {
    fn reason(self) -> &'static str {
        match self {
            Self::Ok => "The alarm was set to OK by hand",
            Self::Alarm => "The alarm was set off by hand",
            Self::InsufficientData => "No data",
        }
    }
}
