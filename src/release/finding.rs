//! What a preflight check or a policy rule has to say about a release.

use std::fmt;

/// One thing found, as facts; the sentence for it is in `messages`.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub severity: Severity,
    pub place: Place,
    pub kind: FindingKind,
}

/// What a finding does to the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The release is refused.
    Error,
    /// The release goes on; the author should know.
    Warning,
    /// Something was tolerated or changed on the way.
    Note,
}

/// Where it was found. Everything that is known is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub artifact: Option<String>,
    pub file: Option<String>,
    pub position: Option<Position>,
    /// A path such as `containerDefinitions[0].image`.
    pub path: Option<String>,
}

/// A place in a text file, both counted from one; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum FindingKind {
    /// To be replaced by the real kinds.
    Placeholder,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
