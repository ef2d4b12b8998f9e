//! Rules for tags beyond those of the model.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Checked, list, text};
use crate::ecs::call::invalid;

const MAX_TAGS: usize = 50;

pub(super) fn check(body: &Value) -> Checked {
    let tags = list(body, "/tags");
    if tags.len() > MAX_TAGS {
        return Err(invalid(format!(
            "The request has {} tags, and the limit is {MAX_TAGS}.",
            tags.len()
        )));
    }
    let mut keys = BTreeSet::new();
    for key in tags.iter().filter_map(|tag| text(tag, "/key")) {
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid(
                "aws: prefixed tag key names are not allowed for external use.",
            ));
        }
        if !keys.insert(key) {
            return Err(invalid("Duplicate tag keys found. Please remove them."));
        }
    }
    Ok(())
}
