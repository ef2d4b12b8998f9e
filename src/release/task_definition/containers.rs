//! The containers of a task definition, as the checks look at them.

use std::fmt;

use serde_json::Value;

use super::TaskDefinition;
use crate::release::document::Path;

/// One container with its place in the list.
#[derive(Clone, Copy)]
pub struct Container<'a> {
    /// Counted from zero.
    pub index: usize,
    value: &'a Value,
}

/// Without what it holds.
impl fmt::Debug for Container<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Container({})", self.index)
    }
}

impl<'a> Container<'a> {
    /// The container as the file has it.
    #[must_use]
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// A member's text, if it is text.
    #[must_use]
    pub fn text(&self, member: &str) -> Option<&'a str> {
        self.value.get(member)?.as_str()
    }

    /// A member's elements; none if it is no list.
    pub fn list(&self, member: &str) -> impl Iterator<Item = (usize, &'a Value)> {
        let list = self.value.get(member).and_then(Value::as_array);
        list.into_iter().flatten().enumerate()
    }

    /// A member's value.
    #[must_use]
    pub fn get(&self, member: &str) -> Option<&'a Value> {
        self.value.get(member)
    }

    /// The container's name; empty when it has none.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.text("name").unwrap_or_default()
    }

    /// Whether its end ends the task, which is so unless it says otherwise.
    #[must_use]
    pub fn is_essential(&self) -> bool {
        self.value.get("essential").and_then(Value::as_bool) != Some(false)
    }

    /// The ports that it maps, ranges included, as first and last.
    pub fn ports(&self) -> impl Iterator<Item = (u64, u64)> {
        self.list("portMappings").filter_map(|(_, mapping)| {
            if let Some(port) = mapping.get("containerPort") {
                // A port written as text is told of elsewhere, and meant.
                let text = || port.as_str()?.parse().ok();
                let port = port.as_u64().or_else(text)?;
                return Some((port, port));
            }
            let range = mapping.get("containerPortRange")?.as_str()?;
            let (first, last) = range.split_once('-')?;
            Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
        })
    }
}

impl TaskDefinition {
    /// The containers, in their order; none if there is no list of them.
    pub fn containers(&self) -> impl Iterator<Item = Container<'_>> {
        let list = self.value().get(CONTAINERS).and_then(Value::as_array);
        let elements = list.into_iter().flatten().enumerate();
        elements.map(|(index, value)| Container { index, value })
    }

    /// Does something with the path of a container's member.
    pub fn at<R>(
        &self,
        container: &Container<'_>,
        member: &str,
        then: impl FnOnce(&Path<'_>) -> R,
    ) -> R {
        let list = Path::ROOT.member(CONTAINERS);
        let element = list.index(container.index);
        then(&element.member(member))
    }
}

const CONTAINERS: &str = "containerDefinitions";
