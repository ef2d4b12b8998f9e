//! `json.filter` and `json.remove`. Those of regorus drop a value that has no
//! members where a path goes on behind it; in OPA it stays.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;

use super::super::elements::elements;
use super::Own;

/// The function of this name, if it is implemented here.
pub(super) fn function(name: &str) -> Option<Own> {
    Some(match name {
        "json.filter" => |a| Some(filtered(&a[0], &paths(&a[1])?)),
        "json.remove" => |a| remaining(&a[0], Some(&paths(&a[1])?)),
        _ => return None,
    })
}

/// Paths as a tree.
enum Node {
    /// A path ends here.
    End,
    Members(BTreeMap<Value, Node>),
}

fn paths(all: &Value) -> Option<Node> {
    let mut root = Node::Members(BTreeMap::new());
    for (_, path) in elements(all) {
        root.add(&steps(&path)?);
    }
    Some(root)
}

/// A path is a list of keys, or a text such as `a/b`.
fn steps(path: &Value) -> Option<Vec<Value>> {
    match path {
        Value::Array(steps) => Some(steps.iter().cloned().collect()),
        Value::String(text) if text.is_empty() => Some(Vec::new()),
        Value::String(text) => {
            let steps = text.trim_start_matches('/').split('/');
            let plain = |step: &str| Value::from(step.replace("~1", "/").replace("~0", "~"));
            Some(steps.map(plain).collect())
        }
        _ => None,
    }
}

impl Node {
    /// Where one path begins with another, the shorter one counts.
    fn add(&mut self, path: &[Value]) {
        let (Some((step, rest)), Self::Members(members)) = (path.split_first(), self) else {
            return;
        };
        if rest.is_empty() {
            members.insert(step.clone(), Self::End);
        } else {
            let empty = || Self::Members(BTreeMap::new());
            members.entry(step.clone()).or_insert_with(empty).add(rest);
        }
    }

    fn member(&self, key: &Value) -> Option<&Self> {
        match self {
            Self::End => None,
            Self::Members(members) => members.get(key),
        }
    }
}

/// Members of lists are named by texts.
fn of_list(node: &Node, index: usize) -> Option<&Node> {
    node.member(&Value::from(index.to_string()))
}

fn filtered(value: &Value, node: &Node) -> Value {
    if matches!(node, Node::End) {
        return value.clone();
    }
    match value {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            let kept = items.filter_map(|(n, item)| Some(filtered(item, of_list(node, n)?)));
            Value::from(kept.collect::<Vec<_>>())
        }
        Value::Set(items) => {
            let kept = items.iter();
            let kept = kept.filter_map(|item| Some(filtered(item, node.member(item)?)));
            Value::from(kept.collect::<BTreeSet<_>>())
        }
        Value::Object(_) => {
            let all = elements(value).into_iter();
            let kept = all.filter_map(|(key, value)| {
                let kept = filtered(&value, node.member(&key)?);
                Some((key, kept))
            });
            Value::from(kept.collect::<BTreeMap<_, _>>())
        }
        _ => value.clone(),
    }
}

/// What is left of the value; `None` if nothing is.
fn remaining(value: &Value, node: Option<&Node>) -> Option<Value> {
    let node = match node {
        None => return Some(value.clone()),
        Some(Node::End) => return None,
        Some(node) => node,
    };
    Some(match value {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            let left = items.filter_map(|(n, item)| remaining(item, of_list(node, n)));
            Value::from(left.collect::<Vec<_>>())
        }
        Value::Set(items) => {
            let left = items.iter();
            let left = left.filter_map(|item| remaining(item, node.member(item)));
            Value::from(left.collect::<BTreeSet<_>>())
        }
        Value::Object(_) => {
            let all = elements(value).into_iter();
            let left = all.filter_map(|(key, value)| {
                let left = remaining(&value, node.member(&key))?;
                Some((key, left))
            });
            Value::from(left.collect::<BTreeMap<_, _>>())
        }
        _ => value.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_followed_as_in_opa() {
        for (name, object, paths, expected) in [
            (
                "json.filter",
                r#"{"a":{"b":1,"c":[1,2,3]}}"#,
                r#"["a/c/1"]"#,
                r#"{"a":{"c":[2]}}"#,
            ),
            (
                "json.filter",
                r#"{"a":{"b":1,"d":3},"c":2}"#,
                r#"["a/b","a"]"#,
                r#"{"a":{"b":1,"d":3}}"#,
            ),
            (
                "json.filter",
                r#"{"c":"_"}"#,
                r#"["c/0","x y"]"#,
                r#"{"c":"_"}"#,
            ),
            ("json.filter", r#"{"a":1}"#, r#"[""]"#, "{}"),
            (
                "json.filter",
                r#"{"a~/":1,"b":2}"#,
                r#"["/a~0~1"]"#,
                r#"{"a~/":1}"#,
            ),
            (
                "json.remove",
                r#"{"a":{"b":1,"c":[1,2,3]}}"#,
                r#"["a/c/1"]"#,
                r#"{"a":{"b":1,"c":[1,3]}}"#,
            ),
            (
                "json.remove",
                r#"{"a":"x","b":-2}"#,
                r#"["a/0/b"]"#,
                r#"{"a":"x","b":-2}"#,
            ),
            (
                "json.remove",
                r#"{"a":{"b":1,"d":3},"c":2}"#,
                r#"["a/b",["a"]]"#,
                r#"{"c":2}"#,
            ),
            ("json.remove", r#"{"a":1}"#, r#"[""]"#, r#"{"a":1}"#),
        ] {
            let read = |text: &str| Value::from_json_str(text).expect("JSON");
            let answer = function(name).expect("it is here")(&[read(object), read(paths)]);
            assert_eq!(answer, Some(read(expected)), "{name} {object} {paths}");
        }
    }
}
