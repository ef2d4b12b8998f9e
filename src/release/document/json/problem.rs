//! Explains why a text is not JSON.

use jsonc_parser::ParseStringErrorKind;
use jsonc_parser::errors::{ParseError, ParseErrorKind};

use crate::job::Excerpt;
use crate::release::document::scan::MAX_DEPTH;
use crate::release::document::text::end_of;
use crate::release::finding::{CommonMistake, SyntaxCause, SyntaxProblem};
use crate::release::placeholder;

/// Literals of other languages.
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

/// Converts the parser's error. Inspects the text as well, where that explains
/// more than the error.
pub(super) fn of(text: &str, error: &ParseError) -> SyntaxProblem {
    let start = error.range().start.min(text.len());
    let (before, rest) = text.split_at_checked(start).unwrap_or((text, ""));
    // The parser reports an octal number, or a template's second brace, one
    // character late.
    let one_back = match (before.chars().last(), rest.chars().next()) {
        (Some('{'), Some('{')) => 1,
        (Some('0'), Some(digit)) if digit.is_ascii_digit() => 1,
        _ => 0,
    };
    let (before, rest) = text.split_at(before.len() - one_back);
    SyntaxProblem {
        position: end_of(before),
        cause: cause_by_text(before, rest)
            .or_else(|| is_no_json(before, rest).then_some(SyntaxCause::NotJson))
            .unwrap_or_else(|| cause_by_kind(error.kind(), rest)),
    }
}

/// Whether the text is wrong from its first character on: code, prose, or YAML
/// of which nothing is a mapping.
fn is_no_json(before: &str, rest: &str) -> bool {
    let is_beginning = before.trim_start().bytes().all(|b| b == b'-');
    is_beginning && !rest.starts_with(['{', '[', '"', '\'', '/'])
}

/// Recognises causes from the text: a number with a leading zero, a missing
/// value, a placeholder without quotes, or the syntax of other languages and
/// tools.
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
    let line = rest.lines().next().unwrap_or_default();
    if let Some(left) = placeholder::at_start(line) {
        let text = Excerpt::of(left);
        return Some(SyntaxCause::UnquotedPlaceholder { text });
    }
    match rest.chars().next() {
        Some('“' | '”' | '„' | '‟' | '‘' | '’') => {
            Some(SyntaxCause::CommonMistake(CommonMistake::CurlyQuotes))
        }
        Some('#') => Some(SyntaxCause::CommonMistake(CommonMistake::HashComment)),
        Some(_) | None => None,
    }
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
        ParseErrorKind::MultipleRootJsonValues if rest.starts_with(':') => {
            SyntaxCause::CommonMistake(CommonMistake::NoOuterBraces)
        }
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
        // The parser does not report this if comments are allowed.
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

/// The first word of the text.
fn word(rest: &str) -> &str {
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let end = rest[first..].find(|c: char| c.is_whitespace() || ",:]}[{\"".contains(c));
    &rest[..end.map_or(rest.len(), |end| first + end)]
}
