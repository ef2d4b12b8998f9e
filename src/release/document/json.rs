//! JSON, strict but for comments, with the position of every value.

use std::collections::BTreeMap;

use jsonc_parser::ast::{Object, Value as Ast};
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::{ParseError, ParseErrorKind};
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, ParseStringErrorKind};
use serde_json::{Map, Number, Value};

use super::positions::{Inside, Member, Positions};
use super::scan::{MAX_DEPTH, scan};
use super::text::{Cursor, end_of};
use crate::job::Excerpt;
use crate::release::finding::{Position, SyntaxCause, SyntaxProblem};

/// A parsed text.
#[derive(Debug, PartialEq)]
pub(super) struct Parsed {
    pub value: Value,
    pub positions: Positions,
    /// Where the first comment stands, if there is one.
    pub comment: Option<Position>,
}

/// Everything that JSON does not have, but comments.
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

/// Words that mean a value elsewhere.
const FOREIGN_WORDS: [&str; 12] = [
    "True",
    "TRUE",
    "False",
    "FALSE",
    "None",
    "Null",
    "NULL",
    "nil",
    "undefined",
    "NaN",
    "yes",
    "no",
];

/// Parses JSON text. Numbers keep all their digits.
///
/// # Errors
///
/// The first syntax error, or every duplicate key and unusable number.
pub(super) fn parse(text: &str) -> Result<Parsed, Vec<SyntaxProblem>> {
    scan(text).map_err(|problem| vec![problem])?;
    let collect = CollectOptions {
        comments: CommentCollectionStrategy::Separate,
        tokens: false,
    };
    let result = jsonc_parser::parse_to_ast(text, &collect, &STRICT)
        .map_err(|error| vec![syntax_problem(text, &error)])?;
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
    };
    let (value, positions) = reader.value(ast);
    if reader.problems.is_empty() {
        Ok(Parsed {
            value,
            positions,
            comment: first_comment,
        })
    } else {
        Err(reader.problems)
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    problems: Vec<SyntaxProblem>,
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

    /// A number that no program could hold is refused here, because AWS would
    /// refuse it with less to say.
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
        let mut values = Map::new();
        let mut members: BTreeMap<String, Member> = BTreeMap::new();
        for property in object.properties {
            let name_at = self.cursor.advance(property.range.start);
            let name = property.name.into_string();
            let (value, positions) = self.value(property.value);
            if let Some(first) = members.get(&name) {
                let cause = SyntaxCause::DuplicateKey {
                    key: Excerpt::of(&name),
                    first: first.name,
                };
                self.problem(name_at, cause);
                continue;
            }
            let member = Member {
                name: Some(name_at),
                value: positions,
            };
            members.insert(name.clone(), member);
            values.insert(name, value);
        }
        (Value::Object(values), Inside::Members(members))
    }

    fn problem(&mut self, position: Position, cause: SyntaxCause) {
        self.problems.push(SyntaxProblem { position, cause });
    }
}

/// The parser's error in our words, with a second look at the text where that
/// tells more than the parser knows.
fn syntax_problem(text: &str, error: &ParseError) -> SyntaxProblem {
    let start = error.range().start.min(text.len());
    let (before, rest) = text.split_at_checked(start).unwrap_or((text, ""));
    // An octal number, or a template's second brace, is noticed one late.
    let one_back = match (before.chars().last(), rest.chars().next()) {
        (Some('{'), Some('{')) => 1,
        (Some('0'), Some(digit)) if digit.is_ascii_digit() => 1,
        _ => 0,
    };
    let (before, rest) = text.split_at(before.len() - one_back);
    SyntaxProblem {
        position: end_of(before),
        cause: cause_by_text(before, rest).unwrap_or_else(|| cause_by_kind(error.kind(), rest)),
    }
}

/// What the text itself tells: a number with a leading zero, a value that is
/// missing, or a placeholder that stands without quotes.
fn cause_by_text(before: &str, rest: &str) -> Option<SyntaxCause> {
    let mut characters = rest.chars();
    match (characters.next(), characters.next()) {
        (Some('0'), Some(digit)) if digit.is_ascii_digit() => {
            return Some(SyntaxCause::NotANumber);
        }
        (Some(',' | '}' | ']'), _) if before.trim_end().ends_with(':') => {
            return Some(SyntaxCause::NoValue);
        }
        _ => {}
    }
    let closed_by = [("<", ">"), ("${", "}"), ("{{", "}}"), ("#{", "}")]
        .into_iter()
        .find(|(open, _)| rest.starts_with(open));
    let (_, close) = closed_by?;
    let line = rest.lines().next().unwrap_or_default();
    let end = line.find(close)? + close.len();
    Some(SyntaxCause::UnquotedPlaceholder {
        text: Excerpt::of(&line[..end]),
    })
}

fn cause_by_kind(kind: &ParseErrorKind, rest: &str) -> SyntaxCause {
    match kind {
        ParseErrorKind::TrailingCommasNotAllowed => SyntaxCause::TrailingComma,
        ParseErrorKind::UnexpectedComma => SyntaxCause::ExtraComma,
        ParseErrorKind::ExpectedComma => SyntaxCause::MissingComma,
        ParseErrorKind::SingleQuotedStringsNotAllowed => SyntaxCause::SingleQuotes,
        ParseErrorKind::ExpectedStringObjectProperty => SyntaxCause::UnquotedKey {
            key: Excerpt::of(word(rest)),
        },
        ParseErrorKind::UnexpectedWord => unexpected(rest),
        ParseErrorKind::ExpectedColonAfterObjectKey => SyntaxCause::MissingColon,
        ParseErrorKind::ExpectedObjectValue => SyntaxCause::NoValue,
        ParseErrorKind::MultipleRootJsonValues => SyntaxCause::MoreThanOneValue,
        ParseErrorKind::UnterminatedArray => SyntaxCause::Unclosed { what: "array" },
        ParseErrorKind::UnterminatedObject => SyntaxCause::Unclosed { what: "object" },
        ParseErrorKind::UnterminatedCommentBlock => SyntaxCause::Unclosed { what: "comment" },
        ParseErrorKind::String(ParseStringErrorKind::UnterminatedStringLiteral) => {
            SyntaxCause::Unclosed { what: "string" }
        }
        ParseErrorKind::String(ParseStringErrorKind::InvalidUnicodeEscapeSequence(_)) => {
            SyntaxCause::LoneSurrogate
        }
        ParseErrorKind::String(
            ParseStringErrorKind::InvalidEscape
            | ParseStringErrorKind::InvalidEscapeInSingleQuoteString
            | ParseStringErrorKind::InvalidEscapeInDoubleQuoteString
            | ParseStringErrorKind::ExpectedFourHexDigits
            | ParseStringErrorKind::ExpectedTwoHexDigits,
        ) => SyntaxCause::BadEscape,
        ParseErrorKind::HexadecimalNumbersNotAllowed
        | ParseErrorKind::UnaryPlusNumbersNotAllowed
        | ParseErrorKind::BareDecimalPointNumbersNotAllowed
        | ParseErrorKind::NonFiniteNumbersNotAllowed
        | ParseErrorKind::ExpectedDigit
        | ParseErrorKind::ExpectedDigitFollowingNegativeSign
        | ParseErrorKind::ExpectedPlusMinusOrDigitInNumberLiteral => {
            SyntaxCause::NotANumber
        }
        ParseErrorKind::NestingDepthExceeded => SyntaxCause::TooDeep { limit: MAX_DEPTH },
        ParseErrorKind::UnexpectedCloseBrace
        | ParseErrorKind::UnexpectedCloseBracket
        | ParseErrorKind::UnexpectedColon
        | ParseErrorKind::UnexpectedToken
        | ParseErrorKind::UnexpectedTokenInObject
        // The parser does not have comments when they are allowed.
        | ParseErrorKind::CommentsNotAllowed => unexpected(rest),
    }
}

fn unexpected(rest: &str) -> SyntaxCause {
    let found = word(rest);
    if let Some(word) = FOREIGN_WORDS.iter().find(|known| **known == found) {
        return SyntaxCause::ForeignWord { word };
    }
    match rest.chars().next() {
        Some(',') => SyntaxCause::ExtraComma,
        Some(character) if character.is_ascii_punctuation() => {
            SyntaxCause::Unexpected { character }
        }
        Some(_) | None => SyntaxCause::UnquotedText,
    }
}

/// What stands at the beginning of the text, up to something that ends a word.
fn word(rest: &str) -> &str {
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let end = rest[first..].find(|c: char| c.is_whitespace() || ",:]}[{\"".contains(c));
    &rest[..end.map_or(rest.len(), |end| first + end)]
}
