//! Validates the request against AWS's own model: types, required members, and
//! the few bounds in the model.
//!
//! `register_task_definition.json` is botocore's model of the input, reduced to
//! what is checked here; `tests/wire/model.py` generates it. Enum values are
//! not checked, so that values newer than this file are accepted.

use std::sync::OnceLock;

use serde_json::Value;

use crate::api::ApiError;
use crate::json::mismatch;

const MODEL: &str = include_str!("../register_task_definition.json");

/// The model of the request.
pub(in crate::ecs) fn model() -> &'static Value {
    static PARSED: OnceLock<Value> = OnceLock::new();
    PARSED.get_or_init(|| serde_json::from_str(MODEL).expect("the model is JSON"))
}

/// Returns an error for the first value that does not match the model.
pub(super) fn check(value: &Value, shape: &Value, path: &str) -> Result<(), ApiError> {
    if let Some(members) = shape.get("members") {
        let Some(object) = value.as_object() else {
            return Err(mismatch(path, "an object"));
        };
        for name in texts(&shape["required"]) {
            if object.get(name).is_none_or(Value::is_null) {
                return Err(invalid(&join(path, name), "must not be null"));
            }
        }
        for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            // ECS ignores members that are not in the model.
            if let Some(shape) = members.get(name) {
                check(value, shape, &join(path, name))?;
            }
        }
    } else if let Some(element) = shape.get("list") {
        let Some(list) = value.as_array() else {
            return Err(mismatch(path, "a list"));
        };
        for (index, value) in list.iter().enumerate() {
            check(value, element, &format!("{path}[{index}]"))?;
        }
    } else if let Some(inner) = shape.get("map") {
        let Some(map) = value.as_object() else {
            return Err(mismatch(path, "an object"));
        };
        for (name, value) in map {
            check(value, inner, &join(path, name))?;
        }
    } else {
        scalar(value, shape, path)?;
    }
    Ok(())
}

fn scalar(value: &Value, shape: &Value, path: &str) -> Result<(), ApiError> {
    let kind = shape.as_str().or(shape["type"].as_str());
    let bound = |name: &str| shape.get(name).and_then(Value::as_i64);
    let size = match kind {
        Some("string") => {
            let text = value.as_str().ok_or_else(|| mismatch(path, "a string"))?;
            // The only pattern in the model is that of tags.
            if shape.get("pattern").is_some() && !text.chars().all(is_taken_of_tags) {
                return Err(invalid(path, "failed to satisfy its pattern"));
            }
            i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
        }
        Some("integer") => {
            let number = value.as_i64().filter(|n| i32::try_from(*n).is_ok());
            number.ok_or_else(|| mismatch(path, "an integer"))?
        }
        _ => {
            value.as_bool().ok_or_else(|| mismatch(path, "a boolean"))?;
            return Ok(());
        }
    };
    if bound("min").is_some_and(|least| size < least) {
        return Err(invalid(path, "is too short or too small"));
    }
    if bound("max").is_some_and(|most| size > most) {
        return Err(invalid(path, "is too long or too large"));
    }
    Ok(())
}

/// Letters, digits, white space and `_.:/=+-@`. Characters beyond ASCII are not
/// checked.
fn is_taken_of_tags(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_alphanumeric() || " _.:/=+-@".contains(c)
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str)
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

fn invalid(path: &str, what: &str) -> ApiError {
    ApiError::new("InvalidParameterException", format!("{path} {what}."))
}
