//! Tags (API reference, Tag).

use serde_json::Value;

use super::checks::{Checks, steps};
use crate::job::Excerpt;
use crate::release::document::Step;
use crate::release::finding::TagProblem;
use crate::release::placeholder;

/// Minimum and maximum length of a key and of a value, in characters.
const KEY: (usize, usize) = (1, 128);
const VALUE: (usize, usize) = (0, 256);

const RESERVED: &str = "aws:";

pub(super) fn check(checks: &mut Checks<'_>) {
    let tags = checks.task_definition.value().get("tags");
    let tags = tags.and_then(Value::as_array).into_iter().flatten();
    let mut known: Vec<&str> = Vec::new();
    for (index, tag) in tags.enumerate() {
        if let Some(key) = tag.get("key").and_then(Value::as_str) {
            let place = steps!["tags", index, "key"];
            text(checks, key, KEY, place);
            if is_reserved(key) {
                checks.error(place, TagProblem::Reserved);
            }
            if known.contains(&key) {
                let key = Excerpt::of(key);
                checks.error(place, TagProblem::Twice { key });
            }
            known.push(key);
        }
        if let Some(value) = tag.get("value").and_then(Value::as_str) {
            let place = steps!["tags", index, "value"];
            text(checks, value, VALUE, place);
            // A warning only: the reference forbids such values, but some tools
            // are known to copy them.
            if is_reserved(value) {
                checks.warning(place, TagProblem::Reserved);
            }
        }
    }
}

fn text(checks: &mut Checks<'_>, text: &str, (least, most): (usize, usize), place: &[Step<'_>]) {
    if !(least..=most).contains(&text.chars().count()) {
        checks.error(place, TagProblem::Length { least, most });
    }
    let other = text.chars().find(|c| !is_taken(*c));
    // A placeholder is reported elsewhere, and often replaced by a policy.
    if let Some(character) = other.filter(|_| placeholder::first(text).is_none()) {
        checks.error(place, TagProblem::Character { character });
    }
}

fn is_reserved(text: &str) -> bool {
    let start = text.get(..RESERVED.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(RESERVED))
}

/// The model's pattern allows letters, digits, white space and some symbols.
/// Non-ASCII characters are never rejected here.
fn is_taken(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_alphanumeric() || " _.:/=+-@".contains(c)
}
