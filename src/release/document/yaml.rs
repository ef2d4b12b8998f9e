//! Parses YAML, with the position of every value and limits on its size.

mod problem;

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value, json};
use serde_saphyr::{Location, Spanned, Tagged};

use super::json::{Parsed, Repeated, object};
use super::positions::{Inside, Member, Positions, START};
use super::scan::MAX_VALUES;
use crate::job::Excerpt;
use crate::release::finding::{CommonMistake, Position, SyntaxCause, SyntaxProblem};

/// Maximum nesting depth. An AppSpec needs nine levels, and the parser uses a
/// lot of stack for each.
const MAX_DEPTH: usize = 24;

/// Maximum number of aliases. AppSpecs have a handful at most.
const MAX_ALIASES: usize = 100;

/// Maximum size of YAML text in bytes. An AppSpec has one or two thousand.
/// Limits the memory that aliases can multiply [`MAX_ALIASES`] times.
const MAX_BYTES: usize = 128 * 1024;

/// Parses one YAML document. Only `true` and `false` are booleans. Of keys that
/// occur more than once in their mapping, the last one takes effect, as in most
/// YAML parsers.
///
/// # Errors
///
/// The first problem of the text. Exceeding the limits is one, and so is a
/// custom tag, which cannot be resolved here.
pub(super) fn parse(text: &str) -> Result<Parsed, Vec<SyntaxProblem>> {
    let mut first_tag = None;
    let parsed = read(text, |tag, value, position| {
        first_tag.get_or_insert((tag, position.unwrap_or(START)));
        value
    })?;
    let Some((tag, value)) = first_tag else {
        return Ok(parsed);
    };
    Err(vec![SyntaxProblem {
        position: before(text, value, &tag).unwrap_or(value),
        cause: SyntaxCause::CommonMistake(CommonMistake::UnresolvedTag {
            tag: Excerpt::of(&tag),
        }),
    }])
}

/// The position of the last occurrence of `word` before a position. The parser
/// gives a tag without its own.
fn before(text: &str, end: Position, word: &str) -> Option<Position> {
    let lines: Vec<&str> = text.lines().take(end.line).collect();
    lines.iter().enumerate().rev().find_map(|(index, line)| {
        let is_last = index + 1 == end.line;
        let columns = if is_last { end.column - 1 } else { usize::MAX };
        let start: String = line.chars().take(columns).collect();
        let at = start.rfind(word)?;
        Some(Position {
            line: index + 1,
            column: start[..at].chars().count() + 1,
        })
    })
}

/// Parses a CloudFormation template, with its tags in their long form:
/// `!Ref Name` becomes `{"Ref": "Name"}`. Values inside the long form have no
/// positions.
///
/// # Errors
///
/// The first problem of the text. Exceeding the limits is one.
pub(super) fn parse_long_form(text: &str) -> Result<Parsed, Vec<SyntaxProblem>> {
    read(text, |tag, value, _| {
        let function = match tag.trim_start_matches('!') {
            name @ ("Ref" | "Condition") => name.to_owned(),
            name => format!("Fn::{name}"),
        };
        json!({ function: value })
    })
}

/// Parses the text. `resolve` gets each value with a custom tag, and returns
/// what stands in its place.
fn read(
    text: &str,
    mut resolve: impl FnMut(String, Value, Option<Position>) -> Value,
) -> Result<Parsed, Vec<SyntaxProblem>> {
    if text.len() > MAX_BYTES {
        return Err(vec![SyntaxProblem {
            position: START,
            cause: SyntaxCause::TooMuchYaml,
        }]);
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: MAX_VALUES,
            max_documents: 2,
            max_aliases: MAX_ALIASES,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_VALUES,
        },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        strict_booleans: true,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Tree>(text, options) {
        Ok(tree) => {
            let mut repeated = Vec::new();
            let (value, positions) = tree.into_parts(&mut resolve, &mut repeated);
            Ok(Parsed {
                value,
                positions,
                comment: None,
                repeated,
            })
        }
        Err(error) => Err(vec![problem::of(text, &error)]),
    }
}

/// A parsed value, before its positions are separated from it.
struct Tree(Spanned<Tagged<Node>>);

enum Node {
    Scalar(Value),
    Sequence(Vec<Tree>),
    Mapping(Vec<(Spanned<String>, Tree)>),
}

type Resolve<'a> = &'a mut dyn FnMut(String, Value, Option<Position>) -> Value;

impl Tree {
    fn into_parts(self, resolve: Resolve<'_>, repeated: &mut Vec<Repeated>) -> (Value, Positions) {
        let at = position(self.0.referenced);
        let Tagged(node, tag) = self.0.value;
        let (value, inside) = match node {
            Node::Scalar(value) => (value, Inside::Nothing),
            Node::Sequence(elements) => {
                let (values, inside) = elements
                    .into_iter()
                    .map(|tree| tree.into_parts(resolve, repeated))
                    .unzip();
                (Value::Array(values), Inside::Elements(inside))
            }
            Node::Mapping(entries) => {
                let entries = entries.into_iter().map(|(name, tree)| {
                    let (value, positions) = tree.into_parts(resolve, repeated);
                    let member = Member {
                        name: position(name.referenced),
                        value: positions,
                    };
                    (name.value, member, value)
                });
                let entries = entries.collect();
                object(entries, repeated)
            }
        };
        let (value, inside) = match tag.filter(|tag| is_custom(tag)) {
            Some(tag) => (resolve(tag, value, at), Inside::Nothing),
            None => (value, inside),
        };
        (value, Positions { at, inside })
    }
}

/// Whether a tag has a meaning only for a program: not one of YAML's own, such
/// as `!!str`, and not the `!` that only says that a scalar is text.
fn is_custom(tag: &str) -> bool {
    !tag.starts_with("tag:yaml.org,2002:") && tag != "!"
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Number(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Number(value.into())))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Node, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number without bounds"))?;
        Ok(Node::Scalar(Value::Number(number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(Value::String(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element()? {
            elements.push(element);
        }
        Ok(Node::Sequence(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            if entries.len() == MAX_VALUES {
                return Err(A::Error::custom("too many members"));
            }
            entries.push(entry);
        }
        Ok(Node::Mapping(entries))
    }
}

fn position(location: Location) -> Option<Position> {
    let line = usize::try_from(location.line()).ok()?;
    let column = usize::try_from(location.column()).ok()?;
    (line > 0).then_some(Position { line, column })
}

#[cfg(test)]
mod tests;
