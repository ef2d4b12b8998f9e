//! The known members of a task definition, for other modules.

use super::schema::{RESPONSE_ONLY, Shape, TASK_DEFINITION};

/// A part of a task definition, as far as its members are known.
#[derive(Clone, Copy)]
pub struct Members(&'static Shape);

impl Members {
    /// The task definition itself.
    #[must_use]
    pub fn of_task_definition() -> Self {
        Self(&TASK_DEFINITION)
    }

    /// The names of the members, if the part is an object with known members.
    /// Excludes those that only `DescribeTaskDefinition` returns.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        match self.0 {
            Shape::Object(known) | Shape::ObjectWithRequired(_, known) => {
                known.iter().map(|(name, _)| *name).collect()
            }
            Shape::Text
            | Shape::Word(_)
            | Shape::Integer
            | Shape::Boolean
            | Shape::List(_)
            | Shape::TextMap => Vec::new(),
        }
    }

    /// A member: `Some(None)` if nothing is known about it, `None` if it does
    /// not exist.
    #[must_use]
    pub fn member(self, name: &str) -> Option<Option<Self>> {
        let is_listed = matches!(self.0, Shape::Object(_) | Shape::ObjectWithRequired(..));
        if !is_listed || RESPONSE_ONLY.contains(&name) {
            return Some(None);
        }
        self.0.member(name).map(|shape| Some(Self(shape)))
    }

    /// Whether the part is text, such as `cpu`.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self.0, Shape::Text | Shape::Word(_))
    }

    /// The element of a list, or any member of a map, if it is known.
    #[must_use]
    pub fn element(self) -> Option<Self> {
        match self.0 {
            Shape::List(element) => Some(Self(element)),
            Shape::Text
            | Shape::Word(_)
            | Shape::Integer
            | Shape::Boolean
            | Shape::TextMap
            | Shape::Object(_)
            | Shape::ObjectWithRequired(..) => None,
        }
    }
}
