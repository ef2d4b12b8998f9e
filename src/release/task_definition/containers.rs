//! The containers of a task definition, for the checks.

use std::fmt;

use serde_json::Value;

use super::TaskDefinition;
use super::integer::unsigned;
use crate::release::document::Path;

/// A container with its index in the list.
#[derive(Clone, Copy)]
pub struct Container<'a> {
    /// Starts at 0.
    pub index: usize,
    value: &'a Value,
}

/// Omits the contents.
impl fmt::Debug for Container<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Container({})", self.index)
    }
}

impl<'a> Container<'a> {
    /// The container's JSON value.
    #[must_use]
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// A member's value, if it is text.
    #[must_use]
    pub fn text(&self, member: &str) -> Option<&'a str> {
        self.value.get(member)?.as_str()
    }

    /// A member's elements with their indices; none if it is not a list.
    pub fn list(&self, member: &str) -> impl Iterator<Item = (usize, &'a Value)> {
        let list = self.value.get(member).and_then(Value::as_array);
        list.into_iter().flatten().enumerate()
    }

    /// A member's value.
    #[must_use]
    pub fn get(&self, member: &str) -> Option<&'a Value> {
        self.value.get(member)
    }

    /// The container's name; empty if it has none.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.text("name").unwrap_or_default()
    }

    /// Whether the task ends with this container, which is the default.
    #[must_use]
    pub fn is_essential(&self) -> bool {
        self.value.get("essential").and_then(Value::as_bool) != Some(false)
    }

    /// The mapped ports and ranges, as first and last port.
    pub fn ports(&self) -> impl Iterator<Item = (u64, u64)> {
        self.list("portMappings").filter_map(|(_, mapping)| {
            if let Some(port) = mapping.get("containerPort") {
                let port = port_of(port)?;
                return Some((port, port));
            }
            let range = mapping.get("containerPortRange")?.as_str()?;
            let (first, last) = range.split_once('-')?;
            Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
        })
    }
}

impl TaskDefinition {
    /// The containers, in order; none if there is no list of them.
    pub fn containers(&self) -> impl Iterator<Item = Container<'_>> {
        let list = self.value().get(CONTAINERS).and_then(Value::as_array);
        let elements = list.into_iter().flatten().enumerate();
        elements.map(|(index, value)| Container { index, value })
    }

    /// Calls `then` with the path of a container's member.
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

/// A port. One written as text is accepted here and reported elsewhere.
pub(crate) fn port_of(value: &Value) -> Option<u64> {
    unsigned(value).or_else(|| value.as_str()?.parse().ok())
}

const CONTAINERS: &str = "containerDefinitions";
