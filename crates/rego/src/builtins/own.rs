//! OPA's built-in functions that regorus lacks or implements differently.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::net::IpAddr;

use regorus::Value;
use sha2::{Digest as _, Sha256};

use super::super::elements::elements;
use super::operators::{has_pair, has_value, minus, order};
use super::{Own, Run};
use super::{json_paths, numbers, patterns, strings, templates, units, urlquery};

/// The function of this name, if it is implemented here or in the modules named
/// at the end.
pub(super) fn function(name: &str) -> Option<Run> {
    let own: Own = match name {
        "walk" => return Some(Run::Walk),
        "equal" => |a| Some(Value::from(a[0] == a[1])),
        "neq" => |a| Some(Value::from(a[0] != a[1])),
        "lt" => |a| Some(Value::from(order(&a[0], &a[1]) == Ordering::Less)),
        "lte" => |a| Some(Value::from(order(&a[0], &a[1]) != Ordering::Greater)),
        "gt" => |a| Some(Value::from(order(&a[0], &a[1]) == Ordering::Greater)),
        "gte" => |a| Some(Value::from(order(&a[0], &a[1]) != Ordering::Less)),
        "plus" => |a| numbers::add(&a[0], &a[1]),
        "minus" => |a| minus(&a[0], &a[1]),
        "mul" => |a| numbers::multiply(&a[0], &a[1]),
        "div" => |a| numbers::divide(&a[0], &a[1]),
        "rem" => |a| numbers::remainder(&a[0], &a[1]),
        "and" => |a| {
            let (one, other) = (a[0].as_set().ok()?, a[1].as_set().ok()?);
            Some(one.intersection(other).into_value())
        },
        "or" => |a| Some(a[0].as_set().ok()?.union(a[1].as_set().ok()?).into_value()),
        "set_diff" => |a| minus(&a[0], &a[1]),
        "internal.member_2" => |a| Some(Value::from(has_value(&a[0], &a[1]))),
        "internal.member_3" => |a| Some(Value::from(has_pair(&a[0], &a[1], &a[2]))),
        "any" => |a| Some(Value::from(has_value(&Value::from(true), &a[0]))),
        "all" => |a| {
            let all = elements(&a[0]);
            Some(Value::from(
                all.iter().all(|(_, value)| *value == Value::from(true)),
            ))
        },
        "cast_array" => |a| match &a[0] {
            Value::Set(_) => Some(in_order(&a[0])),
            value => value.as_array().is_ok().then(|| value.clone()),
        },
        "cast_set" => |a| match &a[0] {
            Value::Array(items) => {
                let set: BTreeSet<Value> = items.iter().cloned().collect();
                Some(Value::from(set))
            }
            value => value.as_set().is_ok().then(|| value.clone()),
        },
        "cast_string" => |a| a[0].as_string().is_ok().then(|| a[0].clone()),
        "cast_boolean" => |a| a[0].as_bool().is_ok().then(|| a[0].clone()),
        "cast_null" => |a| (a[0] == Value::Null).then_some(Value::Null),
        "cast_object" => |a| a[0].as_object().is_ok().then(|| a[0].clone()),
        "sort" => |a| Some(in_order(&a[0])),
        "max" => |a| {
            values(&a[0])
                .into_iter()
                .max_by(order)
                .or(Some(Value::Undefined))
        },
        "min" => |a| {
            values(&a[0])
                .into_iter()
                .min_by(order)
                .or(Some(Value::Undefined))
        },
        "sum" => |a| {
            let zero = Value::from(0_i64);
            let all = values(&a[0]);
            all.iter()
                .try_fold(zero, |sum, value| numbers::add(&sum, value))
        },
        "product" => |a| numbers::product(&values(&a[0])),
        "count" => |a| {
            Some(Value::from(match &a[0] {
                // Characters. regorus counts UTF-16 code units.
                Value::String(text) => text.chars().count(),
                value => elements(value).len(),
            }))
        },
        "array.flatten" => |a| {
            let mut flat = Vec::new();
            for element in a[0].as_array().ok()? {
                match element.as_array() {
                    Ok(inner) => flat.extend(inner.iter().cloned()),
                    Err(_) => flat.push(element.clone()),
                }
            }
            Some(Value::from(flat))
        },
        "trace" => |_| Some(Value::from(true)),
        "crypto.sha256" => |a| {
            let text = a[0].as_string().ok()?;
            Some(Value::from(hex::encode(Sha256::digest(text.as_bytes()))))
        },
        "net.cidr_contains" => cidr_contains,
        "net.cidr_intersects" | "net.cidr_overlap" => cidr_intersects,
        _ => {
            let others = [
                patterns::function,
                strings::function,
                templates::function,
                json_paths::function,
                units::function,
                urlquery::function,
            ];
            return others.iter().find_map(|find| find(name)).map(Run::Own);
        }
    };
    Some(Run::Own(own))
}

/// The elements as a list, in OPA's order.
fn in_order(all: &Value) -> Value {
    let mut all = values(all);
    all.sort_by(order);
    Value::from(all)
}

fn values(all: &Value) -> Vec<Value> {
    let all = elements(all).into_iter();
    all.map(|(_, value)| value).collect()
}

fn cidr_contains(arguments: &[Value]) -> Option<Value> {
    let one = Network::of(arguments[0].as_string().ok()?)?;
    let other = Network::of_any(arguments[1].as_string().ok()?)?;
    Some(Value::from(one.bits <= other.bits && one.meets(&other)))
}

fn cidr_intersects(arguments: &[Value]) -> Option<Value> {
    let one = Network::of(arguments[0].as_string().ok()?)?;
    let other = Network::of(arguments[1].as_string().ok()?)?;
    Some(Value::from(one.meets(&other)))
}

/// A range of addresses.
pub(super) struct Network {
    address: IpAddr,
    /// The length of the prefix.
    bits: u32,
}

impl Network {
    pub(super) fn of(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let is_number = bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits = bits.parse().ok().filter(|_| is_number)?;
        let whole = Self::of_address(address)?;
        (bits <= whole.bits).then_some(Self { bits, ..whole })
    }

    /// Of a network, or of one address.
    fn of_any(text: &str) -> Option<Self> {
        Self::of(text).or_else(|| Self::of_address(text))
    }

    /// `None` also for an IPv4 address that is written as one of IPv6: OPA takes
    /// some of those for the other kind.
    fn of_address(text: &str) -> Option<Self> {
        let address: IpAddr = text.parse().ok()?;
        let bits = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(six) if six.to_ipv4_mapped().is_some() => return None,
            IpAddr::V6(_) => 128,
        };
        Some(Self { address, bits })
    }

    /// Whether they have addresses in common: the longer prefix begins with the
    /// shorter one.
    fn meets(&self, other: &Self) -> bool {
        let bits = self.bits.min(other.bits);
        match (self.address, other.address) {
            (IpAddr::V4(one), IpAddr::V4(other)) => {
                let different = u32::from(one) ^ u32::from(other);
                different.checked_shr(32 - bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(one), IpAddr::V6(other)) => {
                let different = u128::from(one) ^ u128::from(other);
                different.checked_shr(128 - bits).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_compared_as_in_opa_or_not_at_all() {
        for (function_name, one, other, expected) in [
            ("contains", "10.0.0.0/8", "10.1.0.0/16", Some(true)),
            ("contains", "10.1.0.0/16", "10.0.0.0/8", Some(false)),
            ("contains", "10.0.0.5/8", "10.1.1.1", Some(true)),
            ("contains", "::/0", "::1", Some(true)),
            ("contains", "::/0", "10.0.0.1", Some(false)),
            ("contains", "10.0.0.0/8", "::ffff:10.1.1.1", None),
            ("contains", "010.0.0.0/8", "10.1.1.1", None),
            ("contains", "10.0.0.0", "10.0.0.0", None),
            ("intersects", "10.1.0.0/16", "10.0.0.0/8", Some(true)),
            ("intersects", "0.0.0.0/0", "::/0", Some(false)),
            ("intersects", "10.0.0.0/+8", "10.0.0.0/8", None),
        ] {
            let Some(Run::Own(own)) = function(&format!("net.cidr_{function_name}")) else {
                panic!("it is here");
            };
            let found = own(&[one.into(), other.into()]);
            assert_eq!(found, expected.map(Value::from), "{one} {other}");
        }
    }
}
