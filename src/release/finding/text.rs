//! Problems of a file's text, before its content is checked.

use std::fmt;

use serde_json::Value;

use super::Position;
use crate::job::Excerpt;

/// Why bytes are not the text of a JSON or YAML file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextProblem {
    /// Nothing but white space.
    Empty,
    /// UTF-16 text.
    Utf16,
    NotUtf8 {
        position: Position,
    },
    Nul {
        position: Position,
    },
    /// An unresolved merge conflict.
    MergeConflict {
        position: Position,
    },
    /// The artifact contains a pointer instead of the file.
    GitLfsPointer,
}

/// A syntax problem and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxProblem {
    pub position: Position,
    pub cause: SyntaxCause,
}

/// Why a text is not JSON or YAML. Contains no values, because they may be
/// secrets; the position points to them.
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
    /// A literal of another language, such as `None`.
    ForeignWord {
        word: &'static str,
    },
    UnquotedPlaceholder {
        text: Excerpt,
    },
    /// An unexpected punctuation character.
    Unexpected {
        character: char,
    },
    /// A string, array, object or comment that is not closed.
    Unclosed {
        what: &'static str,
    },
    BadEscape,
    /// Half of a UTF-16 surrogate pair.
    LoneSurrogate,
    ControlCharacter,
    NotANumber,
    NumberOutOfRange,
    /// A member that occurs twice in its object; this one takes effect.
    MemberTwice {
        name: Excerpt,
        first: Option<Position>,
    },
    /// A member whose name the JSON library keeps to itself.
    ReservedName,
    MoreThanOneValue,
    /// Not even the beginning is JSON.
    NotJson,
    NoValue,
    TooDeep {
        limit: usize,
    },
    TooManyValues {
        limit: usize,
    },
    /// More nesting, values or aliases than the limit.
    TooMuchYaml,
    NotYaml {
        detail: Excerpt,
    },
    /// YAML where only JSON is accepted.
    YamlForJson,
}

/// A common mistake that parsers have no error for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommonMistake {
    /// Typographic quotes.
    CurlyQuotes,
    /// A comment in the syntax of shells and YAML.
    HashComment,
    /// A tab in YAML indentation.
    TabIndentation,
    /// `name:value` in YAML, which is a single word.
    NoSpaceAfterColon,
    /// A YAML tag that should have been resolved.
    UnresolvedTag { tag: Excerpt },
    /// Members without an enclosing object.
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
    /// The kind of `value`.
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
