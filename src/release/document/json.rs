//! Parses strict JSON, plus comments, with the position of every value.

mod problem;

use std::collections::BTreeMap;
use std::fmt;

use jsonc_parser::ast::{Object, Value as Ast};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions};
use serde_json::{Map, Number, Value};

use super::positions::{Inside, Member, Positions};
use super::scan::scan;
use super::text::{Cursor, end_of};
use crate::release::finding::{Position, SyntaxCause, SyntaxProblem};

/// A parsed text.
#[derive(PartialEq)]
pub(super) struct Parsed {
    pub value: Value,
    pub positions: Positions,
    /// The position of the first comment.
    pub comment: Option<Position>,
    /// Members that occur more than once in their object.
    pub repeated: Vec<Repeated>,
}

/// A repeated member. This occurrence takes effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeated {
    pub name: String,
    pub at: Option<Position>,
    pub first: Option<Position>,
}

/// The object with these members, of which the last one of each name takes
/// effect.
pub(super) fn object(
    entries: Vec<(String, Member, Value)>,
    repeated: &mut Vec<Repeated>,
) -> (Value, Inside) {
    let mut values = Map::new();
    let mut members: BTreeMap<String, Member> = BTreeMap::new();
    for (name, member, value) in entries {
        if let Some(first) = members.get(&name) {
            repeated.push(Repeated {
                name: name.clone(),
                at: member.name,
                first: first.name,
            });
        }
        members.insert(name.clone(), member);
        values.insert(name, value);
    }
    (Value::Object(values), Inside::Members(members))
}

/// Omits the value.
impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parsed(…)")
    }
}

/// Allows comments, but no other extension of JSON.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Parses JSON text. Numbers keep all their digits. Of members that occur more
/// than once in their object, the last one takes effect, as in most JSON
/// parsers.
///
/// # Errors
///
/// The first syntax error, or every unusable number.
pub(super) fn parse(text: &str) -> Result<Parsed, Vec<SyntaxProblem>> {
    scan(text).map_err(|problem| vec![problem])?;
    let collect = CollectOptions {
        comments: CommentCollectionStrategy::Separate,
        tokens: false,
    };
    let result = jsonc_parser::parse_to_ast(text, &collect, &STRICT)
        .map_err(|error| vec![problem::of(text, &error)])?;
    let nothing = SyntaxProblem {
        position: end_of(text),
        cause: SyntaxCause::NoValue,
    };
    let ast = result.value.ok_or_else(|| vec![nothing])?;
    let first_comment = result
        .comments
        .and_then(|comments| {
            let starts = comments.into_values().flat_map(|group| {
                let starts: Vec<usize> = group.iter().map(|c| c.range().start).collect();
                starts
            });
            starts.min()
        })
        .map(|offset| end_of(&text[..offset]));
    let mut reader = Reader {
        cursor: Cursor::new(text),
        problems: Vec::new(),
        repeated: Vec::new(),
    };
    let (value, positions) = reader.value(ast);
    if !reader.problems.is_empty() {
        return Err(reader.problems);
    }
    Ok(Parsed {
        value,
        positions,
        comment: first_comment,
        repeated: reader.repeated,
    })
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    problems: Vec<SyntaxProblem>,
    repeated: Vec<Repeated>,
}

impl Reader<'_> {
    fn value(&mut self, ast: Ast<'_>) -> (Value, Positions) {
        let at = self.cursor.advance(ast.range().start);
        let (value, inside) = match ast {
            Ast::NullKeyword(_) => (Value::Null, Inside::Nothing),
            Ast::BooleanLit(literal) => (Value::Bool(literal.value), Inside::Nothing),
            Ast::StringLit(literal) => (Value::String(literal.value.into_owned()), Inside::Nothing),
            Ast::NumberLit(literal) => (self.number(literal.value, at), Inside::Nothing),
            Ast::Array(array) => {
                let elements = array.elements.into_iter();
                let (values, inside) = elements.map(|element| self.value(element)).unzip();
                (Value::Array(values), Inside::Elements(inside))
            }
            Ast::Object(object) => self.object(object),
        };
        let positions = Positions {
            at: Some(at),
            inside,
        };
        (value, positions)
    }

    /// Rejects a number that no program could represent: AWS would reject it
    /// with a less helpful message.
    fn number(&mut self, text: &str, at: Position) -> Value {
        let finite = text.parse::<f64>().is_ok_and(f64::is_finite);
        match serde_json::from_str::<Number>(text) {
            Ok(number) if finite => return Value::Number(number),
            Ok(_) => self.problem(at, SyntaxCause::NumberOutOfRange),
            Err(_) => self.problem(at, SyntaxCause::NotANumber),
        }
        Value::Null
    }

    fn object(&mut self, object: Object<'_>) -> (Value, Inside) {
        let properties = object.properties.into_iter();
        let entries = properties.map(|property| {
            let name = Some(self.cursor.advance(property.range.start));
            let (value, positions) = self.value(property.value);
            let member = Member {
                name,
                value: positions,
            };
            (property.name.into_string(), member, value)
        });
        let entries = entries.collect();
        self::object(entries, &mut self.repeated)
    }

    fn problem(&mut self, position: Position, cause: SyntaxCause) {
        self.problems.push(SyntaxProblem { position, cause });
    }
}
