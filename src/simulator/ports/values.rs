//! Conversions from the services' JSON to the worker's types.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::job::TaskDefinitionArn;

/// `None` if the value is absent or empty.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| !text.is_empty());
    text.map(str::to_owned)
}

/// Empty if the value is absent.
pub(super) fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The elements; empty if the value is absent.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn texts(value: &Value) -> Vec<String> {
    list(value).iter().filter_map(text).collect()
}

pub(super) fn count(value: &Value) -> u32 {
    let number = value.as_u64().and_then(|number| number.try_into().ok());
    number.unwrap_or(0)
}

pub(super) fn minutes(value: &Value) -> Duration {
    Duration::from_secs(value.as_u64().unwrap_or(0) * 60)
}

/// A time in seconds since 1970, with milliseconds.
pub(super) fn moment(value: &Value) -> Option<Timestamp> {
    if let Some(seconds) = value.as_i64() {
        return Timestamp::from_second(seconds).ok();
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit saturates, and the timestamp then refuses it"
    )]
    let milliseconds = (value.as_f64()? * 1000.0).round() as i64;
    Timestamp::from_millisecond(milliseconds).ok()
}

pub(super) fn revision(value: &Value) -> Option<TaskDefinitionArn> {
    value.as_str().map(TaskDefinitionArn::new)
}

/// The last part of an ARN such as `…:service/cluster/name`.
pub(super) fn name_of(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    text.rsplit('/').next().unwrap_or(text).to_owned()
}
