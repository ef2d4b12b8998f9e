//! Lambda functions that run at lifecycle events (docs/aws.md §5.2).

use serde_json::{Value, json};

use super::keys::{Entry, Reader};
use crate::job::{Excerpt, is_account, is_plain_name, is_region, nearest};
use crate::release::document::Path;
use crate::release::finding::{AppSpecFinding, AppSpecNote, HookProblem, Wanted};
use crate::release::placeholder;

/// The lifecycle events that can run a function.
pub const HOOKS: [&str; 5] = [
    "BeforeInstall",
    "AfterInstall",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AfterAllowTraffic",
];

/// Events that cannot have a hook (docs/aws.md §5.2).
const NOT_SCRIPTABLE: [&str; 6] = [
    "Start",
    "Install",
    "TestTraffic",
    "AllowTestTraffic",
    "AllowTraffic",
    "End",
];

impl Reader<'_> {
    /// Reads the hooks as a list of single-member objects. Drops hooks without
    /// a value, and `Hooks` if it is empty.
    pub(super) fn hooks(&mut self, entry: &Entry<'_>, path: &Path<'_>) -> Vec<Value> {
        let mut hooks: Vec<(&'static str, Value)> = Vec::new();
        match entry.value {
            Value::Null => self.note(AppSpecNote::EmptyHooks, path),
            Value::Array(list) if list.is_empty() => self.note(AppSpecNote::EmptyHooks, path),
            Value::Object(map) if map.is_empty() => self.note(AppSpecNote::EmptyHooks, path),
            Value::Object(_) => {
                self.note(AppSpecNote::MapForList { member: "Hooks" }, path);
                self.hook_map(entry.value, path, &mut hooks);
            }
            Value::Array(list) => {
                for (index, element) in list.iter().enumerate() {
                    self.hook_map(element, &path.index(index), &mut hooks);
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.wrong_type("a list", entry.value, path);
            }
        }
        let single = |(name, function): (&str, Value)| json!({ name: function });
        hooks.into_iter().map(single).collect()
    }

    fn hook_map(&mut self, value: &Value, path: &Path<'_>, hooks: &mut Vec<(&'static str, Value)>) {
        let Value::Object(members) = value else {
            self.wrong_type("an event with its function", value, path);
            return;
        };
        for (written, function) in members {
            let path = path.member(written);
            let Some(name) = self.hook_name(written, &path) else {
                continue;
            };
            // AWS's own checker of AppSpecs accepts two.
            if hooks.iter().any(|(known, _)| *known == name) {
                let name = Excerpt::of(name);
                let finding = AppSpecFinding::Hook(HookProblem::Twice { name });
                self.findings.warning(self.document.place(&path), finding);
            }
            match function {
                Value::Null => self.note(AppSpecNote::EmptyHooks, &path),
                Value::String(text) if text.trim().is_empty() => {
                    self.note(AppSpecNote::EmptyHooks, &path);
                }
                Value::String(text) if is_function(text) => {
                    self.token(text, Wanted::Function, &path);
                    hooks.push((name, function.clone()));
                }
                Value::String(text) => match placeholder::first(text).map(Excerpt::of) {
                    Some(text) => self.error(AppSpecFinding::Placeholder { text }, &path),
                    None => {
                        let found = Excerpt::of(text);
                        self.error(HookProblem::NotAFunction { found }, &path);
                    }
                },
                Value::Array(list) if list.iter().any(|it| it.get("location").is_some()) => {
                    self.error(HookProblem::Scripts, &path);
                }
                Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    self.wrong_type("the name or ARN of a Lambda function", function, &path);
                }
            }
        }
    }

    fn hook_name(&mut self, written: &str, path: &Path<'_>) -> Option<&'static str> {
        let same = |name: &&&'static str| name.eq_ignore_ascii_case(written);
        if let Some(name) = HOOKS.iter().find(same).copied() {
            if name != written {
                self.note(AppSpecNote::KeyCase { canonical: name }, path);
            }
            return Some(name);
        }
        let name = Excerpt::of(written);
        let finding = if NOT_SCRIPTABLE
            .iter()
            .any(|n| n.eq_ignore_ascii_case(written))
        {
            HookProblem::NotScriptable { name }
        } else {
            HookProblem::Unknown {
                name,
                nearest: nearest(written, HOOKS),
            }
        };
        let place = self.document.place_of_name(path);
        self.findings.error(place, AppSpecFinding::Hook(finding));
        None
    }
}

/// Whether the text is a function name or its ARN, with an optional version or
/// alias. Lambda also accepts each part of the ARN before the name alone (API
/// reference, Invoke).
fn is_function(text: &str) -> bool {
    let is_name = |name: &str, limit: usize| name.len() <= limit && is_plain_name(name);
    let is_alias = |alias: &str| alias == "$LATEST" || is_name(alias, 128);
    let parts: Vec<&str> = text.split(':').collect();
    let (mut name, limit) = match parts.as_slice() {
        ["arn", _, "lambda", region, account, "function", name @ ..] => {
            if region.is_empty() || !is_account(account) {
                return false;
            }
            (name, 140)
        }
        name => (name, 64),
    };
    let parts: [fn(&str) -> bool; 3] = [is_region, is_account, |part| part == "function"];
    for is_part in parts {
        if let [first, rest @ ..] = name
            && !rest.is_empty()
            && is_part(first)
        {
            name = rest;
        }
    }
    match name {
        [name] => is_name(name, limit),
        [name, alias] => is_name(name, limit) && is_alias(alias),
        _ => false,
    }
}
