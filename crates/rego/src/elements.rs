//! The elements of a collection.

use regorus::Value;

/// The keys and values of a collection. An element of a set is its own key.
pub(super) fn elements(all: &Value) -> Vec<(Value, Value)> {
    match all {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items
                .map(|(index, item)| (Value::from(index), item.clone()))
                .collect()
        }
        Value::Set(items) => items
            .iter_sorted()
            .map(|item| (item.clone(), item.clone()))
            .collect(),
        Value::Object(fields) => fields
            .iter_sorted()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Undefined => {
            Vec::new()
        }
    }
}
