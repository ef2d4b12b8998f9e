//! A path into a JSON or YAML document, built while walking down it.

use std::fmt;

use crate::job::Excerpt;

/// A step of a path, linked on the stack to the steps before it, so that
/// walking a large document copies no names.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

/// One step of a path: a member's name or an element's index.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// The document itself, the start of every path.
    Root,
    Member(&'a str),
    /// Starts at 0.
    Index(usize),
}

impl<'a> From<&'a str> for Step<'a> {
    fn from(name: &'a str) -> Self {
        Self::Member(name)
    }
}

impl From<usize> for Step<'_> {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl<'a> Path<'a> {
    /// The document itself, without steps.
    pub const ROOT: Path<'static> = Path {
        parent: None,
        step: Step::Root,
    };

    /// The path of a member of this object.
    #[must_use]
    pub fn member(&'a self, name: &'a str) -> Path<'a> {
        Path {
            parent: Some(self),
            step: Step::Member(name),
        }
    }

    /// The path of an element of this array. Indices start at 0.
    #[must_use]
    pub fn index(&'a self, index: usize) -> Path<'a> {
        Path {
            parent: Some(self),
            step: Step::Index(index),
        }
    }

    /// Calls `then` with this path extended by `steps`.
    pub fn follow<R>(&self, steps: &[Step<'_>], then: impl FnOnce(&Path<'_>) -> R) -> R {
        match steps {
            [] => then(self),
            [step, rest @ ..] => Path {
                parent: Some(self),
                step: *step,
            }
            .follow(rest, then),
        }
    }

    /// The steps from the document to this path.
    pub(in crate::release) fn steps(&self) -> Vec<Step<'a>> {
        let mut steps = Vec::new();
        let mut path = *self;
        while let Some(parent) = path.parent {
            steps.push(path.step);
            path = *parent;
        }
        steps.reverse();
        steps
    }
}

/// Formats a path as `containerDefinitions[0].image`. Members whose names are
/// not words are shown as `dockerLabels["com.example"]`. The document itself is
/// the empty string.
impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, step) in self.steps().into_iter().enumerate() {
            match step {
                Step::Root => {}
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Member(name) if !is_word(name) => write!(f, "[\"{}\"]", Excerpt::of(name))?,
                Step::Member(name) if count == 0 => write!(f, "{}", Excerpt::of(name))?,
                Step::Member(name) => write!(f, ".{}", Excerpt::of(name))?,
            }
        }
        Ok(())
    }
}

fn is_word(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_people_write_it() {
        let containers = Path::ROOT.member("containerDefinitions");
        let container = containers.index(2);
        let labels = container.member("dockerLabels");
        let label = labels.member("com.example/a");
        let steps = [
            "containerDefinitions".into(),
            2.into(),
            "dockerLabels".into(),
        ];
        let followed = Path::ROOT.follow(&steps, |path| path.to_string());
        assert_eq!(followed, labels.to_string());
        assert_eq!(Path::ROOT.to_string(), "");
        assert_eq!(
            label.to_string(),
            "containerDefinitions[2].dockerLabels[\"com.example/a\"]"
        );
    }
}
