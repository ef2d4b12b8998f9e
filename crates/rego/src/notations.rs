//! Numbers whose notation can be seen.
//!
//! OPA keeps a number as it is written, and `sprintf` and `json.marshal` print
//! it so: `1.0` in a list is `1.0`, and `1e3` is `1e3`. The values of regorus
//! have no notation, so the same text here is `1` or `1000`. A rule that
//! compares such a text would decide differently, without a word.
//!
//! Therefore the numbers that are written in any other way than they are
//! printed here are collected: from the policies, the documents, and the texts
//! that a rule parses. A call that could show the notation of one of them fails
//! the evaluation. Everything else, such as a comparison with `1.0`, is
//! evaluated as usual.

use std::collections::BTreeMap;
use std::fmt;

use regorus::Value;

use super::builtins::numbers;
use super::elements::elements;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Notation {
    /// With zeros or a sign that mean nothing. `sprintf` prints the number itself
    /// as usual, and as written within a collection.
    Decimal,
    /// With an exponent. OPA treats it as a text in `sprintf`, and as no integer
    /// in most functions.
    Exponent,
    /// With more digits than are computed with, or out of range. OPA computes
    /// with all of them.
    Inexact,
}

/// Decimal digits that an `f64` surely keeps.
const EXACT_DIGITS: usize = f64::DIGITS as usize;

/// Unusual notations, by number.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Notations(BTreeMap<Value, Notation>);

impl fmt::Debug for Notations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Notations").field(&self.0.len()).finish()
    }
}

impl Notations {
    /// The notations in a JSON text.
    pub fn of_json(text: &str) -> Self {
        let mut all = Self::default();
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
            rest = &rest[at..];
            let end = if rest.starts_with('"') {
                end_of_text(rest)
            } else {
                let is_number = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
                let end = rest.find(|c| !is_number(c)).unwrap_or(rest.len());
                all.note(&rest[..end]);
                end
            };
            rest = &rest[end..];
        }
        all
    }

    /// Notes how a number is written. Its opposite is noted too, because a sign
    /// can stand before the literal.
    pub(super) fn note(&mut self, text: &str) {
        // Most numbers need no closer look.
        if text.len() < 16 && !text.starts_with('-') && text.bytes().all(|b| b.is_ascii_digit()) {
            return;
        }
        let Ok(value) = Value::from_numeric_string(text) else {
            return;
        };
        let Some(notation) = notation(text, &value) else {
            return;
        };
        if let Some(opposite) = numbers::negated(&value) {
            self.insert(opposite, notation);
        }
        self.insert(value, notation);
    }

    /// Notes the result of an operator. OPA writes fractions with more digits than
    /// there are here, large and small ones with an exponent, and a zero with the
    /// sign of a fraction that it was multiplied with.
    pub(super) fn note_computed(&mut self, operator: &str, arguments: &[Value], value: &Value) {
        let (Ok(number), Ok(float)) = (value.as_number(), value.as_f64()) else {
            return;
        };
        let is_plain = match (operator, arguments) {
            _ if float == 0.0 => !arguments.iter().any(is_negative_fraction),
            _ if number.is_integer() => true,
            ("div", [one, other]) => numbers::multiply(value, other).as_ref() == Some(one),
            _ => number.format_decimal().len() <= EXACT_DIGITS,
        };
        let is_in_range = number.is_integer() || (1e-4..1e6).contains(&float.abs());
        if !is_plain || !is_in_range {
            self.insert(value.clone(), Notation::Decimal);
        }
    }

    /// Adds those of others.
    pub fn extend(&mut self, other: &Self) {
        for (value, notation) in &other.0 {
            self.insert(value.clone(), *notation);
        }
    }

    fn insert(&mut self, value: Value, notation: Notation) {
        let known = self.0.entry(value).or_insert(notation);
        *known = notation.max(*known);
    }

    /// Whether the result of a built-in function may depend on how its
    /// arguments are written.
    pub(super) fn matter(&self, function: &str, arguments: &[Value]) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let has = |least| arguments.iter().any(|value| self.within(value, least));
        match function {
            // The arguments themselves are formatted, those within are printed.
            "sprintf" => arguments.iter().skip(1).any(|list| {
                let list = elements(list);
                list.iter().any(|(_, value)| match value {
                    Value::Number(_) => self.within(value, Notation::Exponent),
                    value => self.within(value, Notation::Decimal),
                })
            }),
            "json.marshal" | "json.marshal_with_options" | "internal.template_string" => {
                has(Notation::Decimal)
            }
            // The rest is given back as it is.
            "object.get" => self.within(&arguments[1], Notation::Inexact),
            name if counts(name) => has(Notation::Inexact),
            _ => has(Notation::Exponent),
        }
    }

    /// Whether a value contains a number in at least this notation.
    fn within(&self, value: &Value, least: Notation) -> bool {
        match value {
            Value::Number(_) => self.0.get(value).is_some_and(|known| *known >= least),
            Value::Array(items) => items.iter().any(|item| self.within(item, least)),
            Value::Set(items) => items.iter().any(|item| self.within(item, least)),
            Value::Object(fields) => {
                let mut fields = fields.iter();
                fields.any(|(key, value)| self.within(key, least) || self.within(value, least))
            }
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Undefined => false,
        }
    }
}

fn is_negative_fraction(value: &Value) -> bool {
    let number = value.as_number();
    number.is_ok_and(|it| !it.is_integer() && it.as_f64().is_some_and(|float| float < 0.0))
}

/// The notation of a number that is not written as it is printed.
fn notation(text: &str, value: &Value) -> Option<Notation> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = mantissa.replace(['-', '.'], "");
    let digits = digits.trim_matches('0');
    let float = value.as_f64().ok().filter(|float| float.is_finite());
    let is_float = exponent.is_some() || mantissa.contains('.');
    if is_float
        && (digits.len() > EXACT_DIGITS || float.is_none_or(|f| (f == 0.0) != digits.is_empty()))
    {
        return Some(Notation::Inexact);
    }
    if exponent.is_some() {
        return Some(Notation::Exponent);
    }
    let printed = value.as_number().ok()?.format_decimal();
    let is_signed_zero = digits.is_empty() && text.starts_with('-');
    (is_signed_zero || printed != text).then_some(Notation::Decimal)
}

/// Whether a function takes numbers for what they are, however they are
/// written.
fn counts(name: &str) -> bool {
    matches!(
        name,
        "equal"
            | "neq"
            | "lt"
            | "lte"
            | "gt"
            | "gte"
            | "plus"
            | "minus"
            | "mul"
            | "div"
            | "abs"
            | "ceil"
            | "floor"
            | "round"
            | "count"
            | "sum"
            | "product"
            | "max"
            | "min"
            | "sort"
            | "and"
            | "or"
            | "set_diff"
            | "union"
            | "intersection"
            | "to_number"
            | "type_name"
            | "walk"
    ) || name.starts_with("is_")
        || name.starts_with("internal.member_")
        || name.starts_with("object.")
        || matches!(name, "array.concat" | "array.reverse" | "array.flatten")
}

/// Where a JSON text that begins with a quotation mark ends.
fn end_of_text(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !is_escaped => return at + 1,
            b'\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matter(noted: &str, function: &str, arguments: &str) -> bool {
        let notations = Notations::of_json(noted);
        let arguments = Value::from_json_str(arguments).expect("JSON");
        let arguments = arguments.as_array().expect("a list");
        let arguments: Vec<Value> = arguments.iter().cloned().collect();
        notations.matter(function, &arguments)
    }

    #[test]
    fn only_numbers_in_another_notation_are_noted() {
        for text in [
            "0",
            "-1",
            "12.5",
            "[1, {\"a\": 0.25}]",
            "\"1e3 \\\" 1.0\"",
            "123456789012345678901234567890",
            "1234567890.5",
        ] {
            assert_eq!(Notations::of_json(text), Notations::default(), "{text}");
        }
        for text in [
            "1.0",
            "-0",
            "-0.0",
            "1e3",
            "1E3",
            "0.50",
            "[2, {\"\\\\\": 1.0}]",
        ] {
            assert_ne!(Notations::of_json(text), Notations::default(), "{text}");
        }
    }

    #[test]
    fn a_notation_matters_where_it_could_be_seen() {
        for (noted, function, arguments, expected) in [
            ("1.0", "sprintf", r#"["%v", [1]]"#, false),
            ("1.0", "sprintf", r#"["%v", [[1]]]"#, true),
            ("1.0", "sprintf", r#"["%v", [[2]]]"#, false),
            ("1.0", "json.marshal", r#"[{"a": 1}]"#, true),
            ("1.0", "substring", r#"["abc", 1, 1]"#, false),
            ("1e0", "sprintf", r#"["%v", [1]]"#, true),
            ("1e0", "sprintf", r#"["%v", [-1]]"#, true),
            ("1e0", "substring", r#"["abc", 1, 1]"#, true),
            ("1e0", "gt", "[1, 2]", false),
            ("1e0", "max", "[[1, 2]]", false),
            ("1e-400", "gt", "[0, 2]", true),
            ("0e400", "gt", "[0, 2]", false),
            ("0.123456789012345", "gt", "[0.123456789012345, 1]", false),
            ("0.1234567890123456", "gt", "[0.1234567890123456, 1]", true),
            ("1234567890.123456e3", "sum", "[[1234567890123.456]]", true),
            ("0.50000000000000000", "sum", "[[0.5]]", false),
        ] {
            assert_eq!(
                matter(noted, function, arguments),
                expected,
                "{noted} {function}"
            );
        }
    }
}
