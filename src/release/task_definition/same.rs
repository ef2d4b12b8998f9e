//! Compares a described revision with a registration request.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use super::schema::RESPONSE_ONLY;
use crate::job::TaskDefinitionArn;

/// Returns the described revision's ARN, if it is active and equals what a
/// request with `body` would register. `described` is the response of
/// `DescribeTaskDefinition`, including tags.
///
/// Ignores what ECS adds itself (docs/aws.md §4.2). In case of doubt returns
/// `None`: an extra revision does no harm, a wrong one does.
#[must_use]
pub fn same_revision(body: &Value, described: &Value) -> Option<TaskDefinitionArn> {
    let arn = described["taskDefinition"]["taskDefinitionArn"].as_str()?;
    is_registered(body, described).then(|| TaskDefinitionArn::new(arn))
}

/// The described revision with its tags, which `DescribeTaskDefinition` returns
/// beside it. A request to register it would have both.
#[must_use]
pub fn with_tags(described: &Value) -> Value {
    let mut revision = described.get("taskDefinition").unwrap_or(described).clone();
    let tags = own_tags(&described["tags"]);
    if let (Value::Object(members), false) = (&mut revision, is_empty(&tags)) {
        members.insert("tags".into(), tags);
    }
    revision
}

/// Whether the described revision is active and equals what a request with
/// `body` would register.
#[must_use]
pub fn is_registered(body: &Value, described: &Value) -> bool {
    let shown = requestable(described);
    let is_active = described["taskDefinition"]["status"] == "ACTIVE";
    is_active && Defaults::of(&shown).is_shown(body, &shown, "")
}

/// The described revision without what ECS adds to `body`, and with its lists
/// of objects in the order of `body`. Any remaining difference from `body` is a
/// real one.
#[must_use]
pub fn as_sent(body: &Value, described: &Value) -> Value {
    let shown = requestable(described);
    Defaults::of(&shown).reduced(body, &shown, "")
}

/// The described revision with the members of a request only.
fn requestable(described: &Value) -> Value {
    let mut shown = described["taskDefinition"].clone();
    if let Value::Object(members) = &mut shown {
        for name in RESPONSE_ONLY {
            members.remove(name);
        }
        members.insert("tags".into(), own_tags(&described["tags"]));
    }
    shown
}

/// What ECS fills in if nothing was sent.
struct Defaults {
    network_mode: &'static str,
    /// A container's port is the host's as well.
    is_host_port: bool,
}

impl Defaults {
    fn of(shown: &Value) -> Self {
        let mode = shown.get("networkMode").and_then(Value::as_str);
        Self {
            network_mode: default_network_mode(shown),
            is_host_port: matches!(mode, Some("awsvpc" | "host")),
        }
    }

    fn is_default(
        &self,
        parent: &str,
        member: &str,
        value: &Value,
        around: &Map<String, Value>,
    ) -> bool {
        match (parent, member) {
            ("", "networkMode") => value == self.network_mode,
            ("containerDefinitions", "essential") => value == &Value::Bool(true),
            ("containerDefinitions", "cpu") => value.as_u64() == Some(0),
            ("portMappings", "protocol") => value == "tcp",
            // In other network modes the host's port is chosen for each task.
            ("portMappings", "hostPort") => {
                let is_container_port = around.get("containerPort") == Some(value);
                value.as_u64() == Some(0) || (self.is_host_port && is_container_port)
            }
            ("healthCheck", "interval") => value.as_u64() == Some(30),
            ("healthCheck", "timeout") => value.as_u64() == Some(5),
            ("healthCheck", "retries") => value.as_u64() == Some(3),
            _ => false,
        }
    }

    /// Whether ECS shows this member although it was not sent.
    fn is_added(
        &self,
        name: &str,
        member: &str,
        value: &Value,
        around: &Map<String, Value>,
    ) -> bool {
        is_empty(value) || self.is_default(name, member, value, around)
    }

    /// Compares two values. `name` is the member that contains them.
    fn is_shown(&self, sent: &Value, shown: &Value, name: &str) -> bool {
        match (sent, shown) {
            (Value::Object(sent), Value::Object(shown)) => self.is_object_shown(sent, shown, name),
            (Value::Array(sent), Value::Array(shown)) if is_ordered(sent, name) => {
                let mut pairs = sent.iter().zip(shown);
                sent.len() == shown.len() && pairs.all(|(a, b)| self.is_shown(a, b, name))
            }
            (Value::Array(sent), Value::Array(shown)) => {
                self.are_shown_in_any_order(sent, shown, name)
            }
            (Value::Number(a), Value::Number(b)) => are_equal(a, b),
            (sent, shown) => sent == shown,
        }
    }

    /// Whether everything that was sent is present, and nothing else except
    /// what ECS adds.
    fn is_object_shown(
        &self,
        sent: &Map<String, Value>,
        shown: &Map<String, Value>,
        name: &str,
    ) -> bool {
        let all_there = sent.iter().all(|(member, value)| match shown.get(member) {
            Some(shown) => self.is_shown(value, shown, member),
            None => is_empty(value),
        });
        let nothing_else = shown.iter().all(|(member, value)| {
            sent.contains_key(member) || self.is_added(name, member, value, shown)
        });
        all_there && nothing_else
    }

    fn are_shown_in_any_order(&self, sent: &[Value], shown: &[Value], name: &str) -> bool {
        let mut left: Vec<&Value> = shown.iter().collect();
        let all_there = sent.iter().all(|element| {
            let found = left
                .iter()
                .position(|shown| self.is_shown(element, shown, name));
            found.map(|position| left.swap_remove(position)).is_some()
        });
        all_there && left.is_empty()
    }

    fn reduced(&self, sent: &Value, shown: &Value, name: &str) -> Value {
        match (sent, shown) {
            (Value::Object(sent), Value::Object(shown)) => {
                let kept = shown.iter().filter(|(member, value)| {
                    sent.contains_key(*member) || !self.is_added(name, member, value, shown)
                });
                kept.map(|(member, value)| match sent.get(member) {
                    Some(sent) => (member.clone(), self.reduced(sent, value, member)),
                    None => (member.clone(), value.clone()),
                })
                .collect()
            }
            (Value::Array(sent), Value::Array(shown)) if !is_ordered(sent, name) => {
                let mut left: Vec<&Value> = shown.iter().collect();
                let mut found = Vec::new();
                for element in sent {
                    let alike = left.iter().position(|shown| are_alike(element, shown));
                    found.extend(alike.map(|at| self.reduced(element, left.remove(at), name)));
                }
                found.extend(left.into_iter().cloned());
                Value::Array(found)
            }
            (_, shown) => shown.clone(),
        }
    }
}

/// Whether two list elements have the same identity.
fn are_alike(a: &Value, b: &Value) -> bool {
    let key = [
        "name",
        "containerPort",
        "containerName",
        "sourceVolume",
        "key",
        "type",
    ];
    let key = key.iter().find(|key| a.get(**key).is_some());
    key.map_or(a == b, |key| a.get(*key) == b.get(*key))
}

/// Removes the tags that AWS sets itself.
fn own_tags(tags: &Value) -> Value {
    let tags = tags.as_array().into_iter().flatten();
    let is_own = |tag: &&Value| {
        !tag["key"]
            .as_str()
            .is_some_and(|key| key.starts_with("aws:"))
    };
    tags.filter(is_own).cloned().collect()
}

/// ECS may return `1` for `1.0`. Integers are compared exactly: as floats, large
/// ones would be equal to their neighbours.
fn are_equal(a: &Number, b: &Number) -> bool {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a == b,
        (Some(_), None) | (None, _) => a == b || a.as_f64() == b.as_f64(),
    }
}

/// Lists of strings are ordered, for example commands. ECS does not guarantee
/// the order of lists of objects, and in most it means nothing. It does where a
/// later file, variable, directory or kernel parameter replaces an earlier one.
fn is_ordered(list: &[Value], name: &str) -> bool {
    match name {
        "requiresCompatibilities" => false,
        "environmentFiles" | "extraHosts" | "systemControls" | "volumesFrom" => true,
        _ => !list.iter().all(Value::is_object) || has_repeated_name(list),
    }
}

fn has_repeated_name(list: &[Value]) -> bool {
    let mut seen = BTreeSet::new();
    let mut names = list.iter().filter_map(|element| element["name"].as_str());
    names.any(|name| !seen.insert(name))
}

/// Values that ECS may omit, or return although nothing was sent.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// `awsvpc` for Managed Instances (docs/aws.md §8), otherwise `bridge`.
fn default_network_mode(shown: &Value) -> &'static str {
    let wanted = shown
        .get("requiresCompatibilities")
        .and_then(Value::as_array);
    let is_managed = |word: &Value| word == "MANAGED_INSTANCES";
    match wanted.is_some_and(|list| list.iter().any(is_managed)) {
        true => "awsvpc",
        false => "bridge",
    }
}

#[cfg(test)]
mod tests;
