//! The members that a task definition may have, for those who read one.

use super::schema::{RESPONSE_ONLY, Shape, TASK_DEFINITION};

/// A part of a task definition, as far as its members are known here.
#[derive(Clone, Copy)]
pub struct Members(&'static Shape);

impl Members {
    /// Those of the task definition itself.
    #[must_use]
    pub fn of_task_definition() -> Self {
        Self(&TASK_DEFINITION)
    }

    /// The names, where the part is an object whose members are listed. Those
    /// that only `DescribeTaskDefinition` returns are not among them.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        match self.0 {
            Shape::Object(known) | Shape::With(_, known) => {
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

    /// The part that a member is: `Some(None)` where nothing is known of it,
    /// `None` where there is no such member.
    #[must_use]
    pub fn member(self, name: &str) -> Option<Option<Self>> {
        let is_listed = matches!(self.0, Shape::Object(_) | Shape::With(..));
        if !is_listed || RESPONSE_ONLY.contains(&name) {
            return Some(None);
        }
        self.0.member(name).map(|shape| Some(Self(shape)))
    }

    /// Whether it is text, as `cpu` is.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self.0, Shape::Text | Shape::Word(_))
    }

    /// The part that an element or any member is, where that is known.
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
            | Shape::With(..) => None,
        }
    }
}
