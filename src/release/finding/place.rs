//! The place of a finding.

use std::fmt;

use crate::job::request::FileRef;

/// The place of a finding, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// A resource in AWS, such as a deployment group.
    pub resource: Option<String>,
    pub artifact: Option<String>,
    pub file: Option<String>,
    pub position: Option<Position>,
    /// A path such as `containerDefinitions[0].image`.
    pub path: Option<String>,
}

/// A position in a text file. Both numbers start at 1; columns count
/// characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Place {
    /// A resource in AWS.
    pub fn resource(name: impl Into<String>) -> Self {
        Self {
            resource: Some(name.into()),
            ..Self::default()
        }
    }

    /// A file of an artifact, as a whole.
    #[must_use]
    pub fn file(file: &FileRef) -> Self {
        Self {
            artifact: Some(file.artifact.clone()),
            file: Some(file.path.clone()),
            ..Self::default()
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Formatted as `taskdef.json:12:16 containerDefinitions[0].image (artifact
/// BuildOutput)`, without the parts that are unknown.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.resource.clone().into_iter().collect();
        match (&self.file, self.position) {
            (Some(file), Some(position)) => parts.push(format!("{file}:{position}")),
            (Some(file), None) => parts.push(file.clone()),
            (None, Some(position)) => parts.push(position.to_string()),
            (None, None) => {}
        }
        parts.extend(self.path.clone());
        let artifact = self.artifact.as_ref();
        parts.extend(artifact.map(|name| format!("(artifact {name})")));
        f.write_str(&parts.join(" "))
    }
}
