//! Comparison of values, and operators on collections.

use std::cmp::Ordering;

use regorus::Value;

use super::super::elements::elements;
use super::signatures::{ARRAY, BOOL, NULL, NUMBER, OBJECT, SET, TEXT, kind};

/// OPA's order of all values. In regorus, sets come before objects.
pub(super) fn order(one: &Value, other: &Value) -> Ordering {
    let rank = |value: &Value| {
        let kinds = [NULL, BOOL, NUMBER, TEXT, ARRAY, OBJECT, SET];
        kinds.iter().position(|this| *this == kind(value))
    };
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => sequence(one.iter(), other.iter()),
        (Value::Set(one), Value::Set(other)) => sequence(
            sorted(one.iter()).into_iter(),
            sorted(other.iter()).into_iter(),
        ),
        (Value::Object(one), Value::Object(other)) => {
            let keys = (sorted(one.keys()), sorted(other.keys()));
            for (a, b) in keys.0.iter().zip(&keys.1) {
                let values = || match (one.get(a), other.get(b)) {
                    (Some(one), Some(other)) => order(one, other),
                    (None, _) | (_, None) => Ordering::Equal,
                };
                let ordering = order(a, b).then_with(values);
                if ordering != Ordering::Equal {
                    return ordering;
                }
            }
            keys.0.len().cmp(&keys.1.len())
        }
        (one, other) if kind(one) == kind(other) => one.cmp(other),
        (one, other) => rank(one).cmp(&rank(other)),
    }
}

pub(super) fn sorted<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<&'a Value> {
    let mut values: Vec<&Value> = values.collect();
    values.sort_by(|one, other| order(one, other));
    values
}

fn sequence<'a>(
    mut one: impl Iterator<Item = &'a Value>,
    mut other: impl Iterator<Item = &'a Value>,
) -> Ordering {
    loop {
        match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match order(a, b) {
                Ordering::Equal => {}
                ordering => return ordering,
            },
        }
    }
}

/// The difference of two numbers or two sets.
pub(super) fn minus(one: &Value, other: &Value) -> Option<Value> {
    match (one, other) {
        (Value::Set(one), Value::Set(other)) => Some(one.difference(other).into_value()),
        _ => super::numbers::subtract(one, other),
    }
}

pub(super) fn has_value(value: &Value, all: &Value) -> bool {
    elements(all).iter().any(|(_, element)| element == value)
}

pub(super) fn has_pair(key: &Value, value: &Value, all: &Value) -> bool {
    elements(all)
        .iter()
        .any(|(this, element)| this == key && element == value)
}
