//! YAML, with the position of every value, and bounded in all directions.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Error, Location, Spanned};

use super::json::Parsed;
use super::positions::{Inside, Member, Positions};
use super::scan::MAX_VALUES;
use crate::job::Excerpt;
use crate::release::finding::{Position, SyntaxCause, SyntaxProblem};
use crate::release::placeholder;

/// Levels of nesting that are read. An AppSpec needs nine; the parser takes
/// much of the stack for each.
const MAX_DEPTH: usize = 24;

/// Aliases in one document. AppSpecs have a handful at most.
const MAX_ALIASES: usize = 100;

/// Bytes of YAML text that are read. An AppSpec has one or two thousand; the
/// bound keeps what aliases may repeat, [`MAX_ALIASES`] times, in memory.
const MAX_BYTES: usize = 128 * 1024;

/// Parses one YAML document. Only `true` and `false` are booleans.
///
/// # Errors
///
/// The first problem of the text, also when it asks for more than the bounds
/// allow.
pub(super) fn parse(text: &str) -> Result<Parsed, Vec<SyntaxProblem>> {
    if text.len() > MAX_BYTES {
        return Err(vec![SyntaxProblem {
            position: Position { line: 1, column: 1 },
            cause: SyntaxCause::TooMuchYaml,
        }]);
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: MAX_VALUES,
            max_documents: 2,
            max_aliases: MAX_ALIASES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_VALUES,
        },
        strict_booleans: true,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Tree>(text, options) {
        Ok(tree) => {
            let (value, positions) = tree.into_parts();
            Ok(Parsed {
                value,
                positions,
                comment: None,
            })
        }
        Err(error) => Err(vec![problem(text, &error)]),
    }
}

/// A value as the parser gives it, before its positions are taken apart.
struct Tree(Spanned<Node>);

enum Node {
    Scalar(Value),
    Sequence(Vec<Tree>),
    Mapping(Vec<(Spanned<String>, Tree)>),
}

impl Tree {
    fn into_parts(self) -> (Value, Positions) {
        let at = position(self.0.referenced);
        let (value, inside) = match self.0.value {
            Node::Scalar(value) => (value, Inside::Nothing),
            Node::Sequence(elements) => {
                let (values, inside) = elements.into_iter().map(Self::into_parts).unzip();
                (Value::Array(values), Inside::Elements(inside))
            }
            Node::Mapping(entries) => {
                let mut values = Map::new();
                let mut members = BTreeMap::new();
                for (name, tree) in entries {
                    let (value, positions) = tree.into_parts();
                    let member = Member {
                        name: position(name.referenced),
                        value: positions,
                    };
                    members.insert(name.value.clone(), member);
                    values.insert(name.value, value);
                }
                (Value::Object(values), Inside::Members(members))
            }
        };
        (value, Positions { at, inside })
    }
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

fn problem(text: &str, error: &Error) -> SyntaxProblem {
    let position = error.location().and_then(position);
    let position = position.unwrap_or(Position { line: 1, column: 1 });
    let line = text.lines().nth(position.line - 1).unwrap_or_default();
    // To YAML a template's braces are a mapping within a mapping.
    let template = placeholder::first(line).filter(|left| left.starts_with("{{"));
    let cause = match (cause(error), template) {
        (SyntaxCause::DuplicateKey { key, .. }, _) => {
            let first = first_occurrence(text, position);
            SyntaxCause::DuplicateKey { key, first }
        }
        (SyntaxCause::NotYaml { .. }, Some(template)) => SyntaxCause::UnquotedPlaceholder {
            text: Excerpt::of(template),
        },
        (cause, _) => cause,
    };
    SyntaxProblem { position, cause }
}

/// Where the key at `second` stood before: in the same column above, with
/// nothing further left between.
fn first_occurrence(text: &str, second: Position) -> Option<Position> {
    let from_column = |line: &str| -> Option<String> {
        let key: String = line.chars().skip(second.column.saturating_sub(1)).collect();
        Some(key.split_once(':')?.0.trim_end().to_owned())
    };
    let lines: Vec<&str> = text.lines().take(second.line).collect();
    let (here, above) = lines.split_last()?;
    let key = from_column(here)?;
    for (index, line) in above.iter().enumerate().rev() {
        let indent = line.chars().take_while(|c| " -".contains(*c)).count();
        if indent + 1 == second.column && from_column(line).as_ref() == Some(&key) {
            let line = index + 1;
            let column = second.column;
            return Some(Position { line, column });
        }
        if indent + 1 < second.column && !line.trim().is_empty() {
            return None;
        }
    }
    None
}

fn cause(error: &Error) -> SyntaxCause {
    if let Error::AliasError { error, .. } = error {
        return cause(error);
    }
    if let Error::DuplicateMappingKey { key, .. } = error {
        return SyntaxCause::DuplicateKey {
            key: Excerpt::of(key.as_deref().unwrap_or_default()),
            first: None,
        };
    }
    if let Error::MultipleDocuments { .. } = error {
        return SyntaxCause::MoreThanOneValue;
    }
    if let Error::Budget { .. }
    | Error::AliasReplayLimitExceeded { .. }
    | Error::AliasReplayStackDepthExceeded { .. } = error
    {
        return SyntaxCause::TooMuchYaml;
    }
    let detail = error.without_snippet().to_string();
    // The place stands before the message.
    let detail = detail.split(" at line ").next().unwrap_or_default();
    SyntaxCause::NotYaml {
        detail: Excerpt::of(detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        parse(text).expect("should parse").value.to_string()
    }

    fn trouble(text: &str) -> (String, SyntaxCause) {
        let mut problems = parse(text).expect_err("should not parse");
        let problem = problems.remove(0);
        (problem.position.to_string(), problem.cause)
    }

    #[test]
    fn scalars_keep_their_types() {
        assert_eq!(
            value("a: 1\nb: 0.0\nc: '1'\nd: yes\ne: true\nf: ~\ng: [x, {y: -3}]\n8: z\n"),
            r#"{"a":1,"b":0.0,"c":"1","d":"yes","e":true,"f":null,"g":["x",{"y":-3}],"8":"z"}"#
        );
    }

    #[test]
    fn every_value_has_its_place() {
        use crate::release::document::path::Path;
        let parsed = parse("a:\r\n  - b: 7\r\n").expect("should parse");
        let list = Path::ROOT.member("a");
        let first = list.index(0);
        let leaf = first.member("b");
        let place = |position: Option<Position>| position.expect("known").to_string();
        assert_eq!(place(parsed.positions.value(&leaf)), "2:8");
        assert_eq!(place(parsed.positions.name(&leaf)), "2:5");
        assert_eq!(place(parsed.positions.name(&list)), "1:1");
    }

    #[test]
    fn hostile_documents_are_refused_before_they_grow() {
        let bomb = {
            let mut text = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
            for (name, before) in [('b', 'a'), ('c', 'b'), ('d', 'c'), ('e', 'd'), ('f', 'e')] {
                let many = vec![format!("*{before}"); 9].join(",");
                text.push_str(&format!("{name}: &{name} [{many}]\n"));
            }
            text
        };
        for text in [
            bomb,
            "a: &a b\n".to_owned() + &format!("c: [{}]\n", "*a,".repeat(MAX_ALIASES + 1)),
            format!("a: {}\n", "x".repeat(MAX_BYTES)),
            "- ".repeat(10_000),
            "- x\n".repeat(MAX_VALUES + 1),
        ] {
            let (_, cause) = trouble(&text);
            assert_eq!(cause, SyntaxCause::TooMuchYaml, "{}", &text[..20]);
        }
        // The parser has its own bound for brackets.
        trouble(&"[".repeat(10_000));
    }

    #[test]
    fn nesting_is_read_up_to_its_bound() {
        let nested = |depth: usize| "- ".repeat(depth) + "x\n";
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(trouble(&nested(MAX_DEPTH + 1)).1, SyntaxCause::TooMuchYaml);
    }

    #[test]
    fn slips_have_their_place() {
        let duplicate = |first| SyntaxCause::DuplicateKey {
            key: Excerpt::of("a"),
            first,
        };
        let at = |line, column| Some(Position { line, column });
        let flat = ("3:1".to_owned(), duplicate(at(1, 1)));
        assert_eq!(trouble("a: 1\nb: 2\na: 3\n"), flat);
        let nested = ("4:3".to_owned(), duplicate(at(2, 3)));
        assert_eq!(trouble("- a: 1\n- a: 2\n  b: 3\n  a: 4\n"), nested);
        let flow = ("1:8".to_owned(), duplicate(None));
        assert_eq!(trouble("{a: 1, a: 2}\n"), flow);
        let two = trouble("a: 1\n---\nb: 2\n");
        assert_eq!(two.1, SyntaxCause::MoreThanOneValue);
        assert!(matches!(trouble("a: [1,\n").1, SyntaxCause::NotYaml { .. }));
    }
}
