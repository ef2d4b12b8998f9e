//! What can be wrong with a file before its content is looked at.

use std::fmt;

use serde_json::Value;

use super::Position;
use crate::job::Excerpt;

/// Why bytes are not the text of a JSON or YAML file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextProblem {
    /// Nothing but white space.
    Empty,
    /// Two bytes for each character.
    Utf16,
    NotUtf8 {
        position: Position,
    },
    Nul {
        position: Position,
    },
    /// What version control leaves where it could not merge.
    MergeConflict {
        position: Position,
    },
    /// The artifact holds a pointer in place of the file.
    GitLfsPointer,
}

/// A syntax problem and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxProblem {
    pub position: Position,
    pub cause: SyntaxCause,
}

/// Why text is not JSON or YAML. Values are no part of it, since they might
/// be secrets; the position leads to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxCause {
    TrailingComma,
    ExtraComma,
    MissingComma,
    MissingColon,
    SingleQuotes,
    CommonMistake(CommonMistake),
    UnquotedKey {
        key: Excerpt,
    },
    UnquotedText,
    /// A word that means a value in another language, such as `None`.
    ForeignWord {
        word: &'static str,
    },
    UnquotedPlaceholder {
        text: Excerpt,
    },
    /// Punctuation where none may be.
    Unexpected {
        character: char,
    },
    /// A string, array, object or comment without its end.
    Unclosed {
        what: &'static str,
    },
    BadEscape,
    /// Half of a character that UTF-16 writes as two.
    LoneSurrogate,
    ControlCharacter,
    NotANumber,
    NumberOutOfRange,
    DuplicateKey {
        key: Excerpt,
        first: Option<Position>,
    },
    MoreThanOneValue,
    NoValue,
    TooDeep {
        limit: usize,
    },
    TooManyValues {
        limit: usize,
    },
    /// More nesting, values or aliases than are read.
    TooMuchYaml,
    NotYaml {
        detail: Excerpt,
    },
    /// YAML where only JSON is read.
    YamlForJson,
}

/// What people often do, and parsers have no name for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommonMistake {
    /// Quotes as books have them.
    CurlyQuotes,
    /// A comment as shells and YAML write it.
    HashComment,
    /// A tab where YAML indents with spaces.
    TabIndentation,
    /// YAML's `name:value`, which is one word.
    NoSpaceAfterColon,
    /// A YAML tag that somebody should have resolved.
    UnresolvedTag { tag: Excerpt },
    /// Members without an object around them.
    NoOuterBraces,
}

/// The kinds of JSON values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Null,
    Boolean,
    Number,
    Text,
    List,
    Object,
}

impl ValueKind {
    /// What this value is.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::Text,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "true or false",
            Self::Number => "a number",
            Self::Text => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}
