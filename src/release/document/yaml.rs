//! Parses YAML, with the position of every value and limits on its size.

mod problem;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, json};
use serde_saphyr::{Location, Spanned, Tagged};

use super::json::Parsed;
use super::positions::{Inside, Member, Positions};
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

const START: Position = Position { line: 1, column: 1 };

/// Parses one YAML document. Only `true` and `false` are booleans.
///
/// # Errors
///
/// The first problem of the text. Exceeding the limits is one, and so is a
/// custom tag, which cannot be resolved here.
pub(super) fn parse(text: &str) -> Result<Parsed, Vec<SyntaxProblem>> {
    let mut first_tag = None;
    let parsed = read(text, |tag, value, position| {
        let tag = Excerpt::of(&tag);
        first_tag.get_or_insert(SyntaxProblem {
            position: position.unwrap_or(START),
            cause: SyntaxCause::CommonMistake(CommonMistake::UnresolvedTag { tag }),
        });
        value
    })?;
    match first_tag {
        Some(problem) => Err(vec![problem]),
        None => Ok(parsed),
    }
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
        strict_booleans: true,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Tree>(text, options) {
        Ok(tree) => {
            let (value, positions) = tree.into_parts(&mut resolve);
            Ok(Parsed {
                value,
                positions,
                comment: None,
                repeated: Vec::new(),
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
    fn into_parts(self, resolve: Resolve<'_>) -> (Value, Positions) {
        let at = position(self.0.referenced);
        let Tagged(node, tag) = self.0.value;
        let (value, inside) = match node {
            Node::Scalar(value) => (value, Inside::Nothing),
            Node::Sequence(elements) => {
                let (values, inside) = elements
                    .into_iter()
                    .map(|tree| tree.into_parts(resolve))
                    .unzip();
                (Value::Array(values), Inside::Elements(inside))
            }
            Node::Mapping(entries) => {
                let mut values = Map::new();
                let mut members = BTreeMap::new();
                for (name, tree) in entries {
                    let (value, positions) = tree.into_parts(resolve);
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
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        parse(text).expect("should parse").value.to_string()
    }

    fn call_error(text: &str) -> (String, SyntaxCause) {
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
            let (_, cause) = call_error(&text);
            assert_eq!(cause, SyntaxCause::TooMuchYaml, "{}", &text[..20]);
        }
        // The parser has its own limit for brackets.
        call_error(&"[".repeat(10_000));
    }

    #[test]
    fn size_and_aliases_are_read_up_to_their_bounds() {
        let sized = |bytes: usize| format!("a: {}", "x".repeat(bytes - 3));
        assert!(parse(&sized(MAX_BYTES)).is_ok());
        assert_eq!(
            call_error(&sized(MAX_BYTES + 1)).1,
            SyntaxCause::TooMuchYaml
        );
        let aliases = |count: usize| format!("a: &a b\nc: [{}]\n", "*a,".repeat(count));
        assert!(parse(&aliases(MAX_ALIASES)).is_ok());
        assert_eq!(
            call_error(&aliases(MAX_ALIASES + 1)).1,
            SyntaxCause::TooMuchYaml
        );
    }

    #[test]
    fn nesting_is_read_up_to_its_bound() {
        let nested = |depth: usize| "- ".repeat(depth) + "x\n";
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(
            call_error(&nested(MAX_DEPTH + 1)).1,
            SyntaxCause::TooMuchYaml
        );
    }

    #[test]
    fn a_tag_that_nothing_resolves_is_found_wherever_it_stands() {
        for (text, place, tag) in [
            ("a: !Ref Name\n", "1:4", "!Ref"),
            ("a:\n  - b: !GetAtt Hook.Arn\n", "2:8", "!GetAtt"),
            ("a: !Sub \"${A}-b\"\n", "1:4", "!Sub"),
            ("a: [x, !Ref B]\n", "1:8", "!Ref"),
            ("a: !Join [x, y]\n", "1:4", "!Join"),
            ("b: !Ref B\na: 1\nc: !Ref C\n", "1:4", "!Ref"),
            ("a: !Sub |\n  text\n", "1:4", "!Sub"),
            ("a: !If # why\n\n  - x\n", "1:4", "!If"),
        ] {
            let problem = parse(text).expect_err("there is a tag").remove(0);
            let tag = Excerpt::of(tag);
            assert_eq!(problem.position.to_string(), place, "{text}");
            assert_eq!(
                problem.cause,
                SyntaxCause::CommonMistake(CommonMistake::UnresolvedTag { tag }),
                "{text}"
            );
        }
    }

    #[test]
    fn yaml_s_own_tags_and_exclamation_marks_in_text_are_fine() {
        for text in [
            "a: !!str 80\n",
            "a: wow !Ref\n",
            "a: \"b !Ref c\"\n",
            "a: [\"b !\", \"c\"]\n",
            "# !Ref\na: b\n",
            "a: # !Ref\n  b: c\n",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_short_form_is_read_as_its_long_form() {
        let text = "\
a: !Join
  - ','
  - - b
    - !Ref C
c: !If [x, !Ref A, [!Ref B, !Not [!Condition y]]]
d: !Sub |
  one
f:
  - !If
    - A
    - Name: B
  - plain
g: &g !GetAtt R.Arn
h: !Transform
  Name: x
i: *g
";
        let parsed = parse_long_form(text).expect("it parses");
        let expected = json!({
            "a": { "Fn::Join": [",", ["b", { "Ref": "C" }]] },
            "c": { "Fn::If": ["x", { "Ref": "A" },
                [{ "Ref": "B" }, { "Fn::Not": [{ "Condition": "y" }] }]] },
            "d": { "Fn::Sub": "one\n" },
            "f": [{ "Fn::If": ["A", { "Name": "B" }] }, "plain"],
            "g": { "Fn::GetAtt": "R.Arn" },
            "h": { "Fn::Transform": { "Name": "x" } },
            "i": { "Fn::GetAtt": "R.Arn" },
        });
        assert_eq!(parsed.value, expected);
    }
}
