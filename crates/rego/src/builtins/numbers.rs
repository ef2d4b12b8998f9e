//! Arithmetic. Fractions are computed exactly from their decimal notation, so
//! that `0.7 + 0.1` is `0.8`. OPA gets the same result because it computes with
//! more digits than an `f64` has.

use regorus::Value;

/// `digits` times ten to the power of minus `places`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    pub(crate) digits: i128,
    pub(crate) places: u32,
}

impl Decimal {
    /// Parses digits with a point among them or none, and perhaps a sign.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{part}").parse().ok()?;
        let places = u32::try_from(part.len()).ok()?;
        (places <= MAX_PLACES).then_some(Self { digits, places })
    }
}

/// The highest number up to which an `f64` has every whole number: two to the
/// power of 53. OPA has eleven bits more, so above it a fraction would differ.
pub(super) const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A number of more than 15 digits, which an `f64` may not keep.
const SHORT: u128 = 1_000_000_000_000_000;

/// The most decimal places that are computed exactly.
const MAX_PLACES: u32 = 18;

pub(crate) fn add(one: &Value, other: &Value) -> Option<Value> {
    if let Some(small) = small(one, other, i64::checked_add) {
        return Some(small);
    }
    let exact = || {
        let (a, b, places) = aligned(one, other)?;
        value(a.checked_add(b)?, places, are_short(one, other))
    };
    exact().or_else(|| match are_integers(one, other) {
        true => Some(Value::from(
            one.as_number().ok()?.add(other.as_number().ok()?).ok()?,
        )),
        false => float(one, other, |a, b| a + b),
    })
}

pub(crate) fn subtract(one: &Value, other: &Value) -> Option<Value> {
    add(one, &negated(other)?)
}

/// The number with the opposite sign.
pub(crate) fn negated(number: &Value) -> Option<Value> {
    multiply(number, &Value::from(-1_i64))
}

pub(crate) fn multiply(one: &Value, other: &Value) -> Option<Value> {
    if let Some(small) = small(one, other, i64::checked_mul) {
        return Some(small);
    }
    let exact = || {
        let (a, b) = (parse(one)?, parse(other)?);
        let places = a.places + b.places;
        value(
            a.digits.checked_mul(b.digits)?,
            places,
            are_short(one, other),
        )
    };
    exact().or_else(|| match are_integers(one, other) {
        true => Some(Value::from(
            one.as_number().ok()?.mul(other.as_number().ok()?).ok()?,
        )),
        false => float(one, other, |a, b| a * b),
    })
}

/// `None` also if `other` is zero.
pub(crate) fn divide(one: &Value, other: &Value) -> Option<Value> {
    if is_zero(other) {
        return None;
    }
    let exact = || {
        let (a, b, _) = aligned(one, other)?;
        if a % b == 0 {
            return integer(a / b);
        }
        quotient(a, b)
    };
    exact().or_else(|| float(one, other, |a, b| a / b))
}

/// The remainder of integers. Like OPA, it takes nothing else.
pub(crate) fn remainder(one: &Value, other: &Value) -> Option<Value> {
    if is_zero(other) || !are_integers(one, other) {
        return None;
    }
    let (one, other) = (one.as_number().ok()?.clone(), other.as_number().ok()?);
    one.modulo(other).ok().map(Value::from)
}

/// Digits behind the point of a quotient: more than an `f64` can keep, and the
/// zeros before them.
const QUOTIENT_PLACES: usize = 20 + 2 * MAX_PLACES as usize;

/// The quotient of two integers, divided digit by digit and rounded once.
fn quotient(one: i128, other: i128) -> Option<Value> {
    let sign = if (one < 0) == (other < 0) { "" } else { "-" };
    let (one, other) = (one.unsigned_abs(), other.unsigned_abs());
    let mut text = format!("{sign}{}.", one / other);
    let mut rest = one % other;
    for _ in 0..QUOTIENT_PLACES {
        rest = rest.checked_mul(10)?;
        text.push_str(&(rest / other).to_string());
        rest %= other;
    }
    fraction(&text)
}

/// The result for two integers of 64 bits, if it is one as well.
fn small(one: &Value, other: &Value, count: fn(i64, i64) -> Option<i64>) -> Option<Value> {
    count(one.as_i64().ok()?, other.as_i64().ok()?).map(Value::from)
}

/// The product of all. OPA multiplies with less precision here than elsewhere:
/// `product([0.1, 3])` is not `0.1 * 3`.
pub(crate) fn product(all: &[Value]) -> Option<Value> {
    let one = Value::from(1_i64);
    if all.iter().all(|value| are_integers(value, &one)) {
        return all.iter().try_fold(one, |sum, value| multiply(&sum, value));
    }
    let all: Option<Vec<f64>> = all.iter().map(|value| value.as_f64().ok()).collect();
    let product: f64 = all?.iter().product();
    (product.abs() <= MAX_EXACT).then(|| Value::from(product))
}

fn is_zero(value: &Value) -> bool {
    value.as_f64().is_ok_and(|float| float == 0.0)
}

fn are_integers(one: &Value, other: &Value) -> bool {
    let is_integer = |value: &Value| match value.as_number() {
        Ok(number) => number.is_integer(),
        Err(_) => false,
    };
    is_integer(one) && is_integer(other)
}

/// Whether both numbers have so few digits that an `f64` is exactly what OPA has.
fn are_short(one: &Value, other: &Value) -> bool {
    let is_short = |value: &Value| parse(value).is_some_and(|it| it.digits.unsigned_abs() < SHORT);
    is_short(one) && is_short(other)
}

/// `None` for a result that an `f64` rounds to a whole number, and for numbers
/// whose result is known exactly.
fn float(one: &Value, other: &Value, count: fn(f64, f64) -> f64) -> Option<Value> {
    let result = count(one.as_f64().ok()?, other.as_f64().ok()?);
    (is_fraction(result) && !are_short(one, other)).then(|| Value::from(result))
}

fn is_fraction(number: f64) -> bool {
    number.abs() <= MAX_EXACT && number.fract() != 0.0
}

/// Both numbers scaled to the same number of decimal places.
fn aligned(one: &Value, other: &Value) -> Option<(i128, i128, u32)> {
    let (one, other) = (parse(one)?, parse(other)?);
    let places = one.places.max(other.places);
    let digits = |decimal: Decimal| {
        decimal
            .digits
            .checked_mul(10_i128.checked_pow(places - decimal.places)?)
    };
    Some((digits(one)?, digits(other)?, places))
}

fn parse(value: &Value) -> Option<Decimal> {
    Decimal::parse(&value.as_number().ok()?.format_decimal())
}

/// The number; `None` if it `is_exact` and an `f64` has too few digits for it.
fn value(digits: i128, places: u32, is_exact: bool) -> Option<Value> {
    let power = 10_i128.checked_pow(places)?;
    if digits % power == 0 {
        let whole = digits / power;
        // OPA rounds a large number that comes from a fraction.
        let is_large = places > 0 && whole.unsigned_abs() > 1 << f64::MANTISSA_DIGITS;
        return integer(whole).filter(|_| !is_large);
    }
    let rounded = fraction(&format!("{digits}e-{places}"))?;
    let is_kept = || {
        let kept = parse(&rounded)?;
        let more = 10_i128.checked_pow(places.checked_sub(kept.places)?)?;
        Some(kept.digits.checked_mul(more)? == digits)
    };
    (!is_exact || is_kept() == Some(true)).then_some(rounded)
}

fn integer(number: i128) -> Option<Value> {
    Value::from_numeric_string(&number.to_string()).ok()
}

fn fraction(text: &str) -> Option<Value> {
    let number = text.parse::<f64>().ok()?;
    is_fraction(number).then(|| Value::from(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Value {
        Value::from_numeric_string(text).expect("a number")
    }

    #[test]
    fn results_are_as_exact_as_opas_or_there_is_none() {
        type Count = fn(&Value, &Value) -> Option<Value>;
        let cases: [(Count, &str, &str, Option<&str>); 14] = [
            (add, "0.7", "0.1", Some("0.8")),
            (add, "9007199254740993", "1e10", Some("9007209254740993")),
            (add, "12345678901234567890", "1.5", None),
            (add, "9007199254740992", "0.3", None),
            (add, "1000000000.5", "0.000000000001", None),
            (add, "1234567890.5", "0.00001", Some("1234567890.50001")),
            (
                multiply,
                "0.3333333333333333",
                "100",
                Some("33.33333333333333"),
            ),
            (
                subtract,
                "12345678901234567890",
                "1",
                Some("12345678901234567889"),
            ),
            (
                multiply,
                "1e3",
                "12345678901234567890",
                Some("12345678901234567890000"),
            ),
            (multiply, "9223372036854775808", "0.2", None),
            (multiply, "0.5", "20000000000000000", None),
            (divide, "12345678901234567890", "110", None),
            (divide, "1", "4", Some("0.25")),
            (
                divide,
                "12345678901234567890",
                "10",
                Some("1234567890123456789"),
            ),
        ];
        for (count, one, other, expected) in cases {
            let found = count(&number(one), &number(other));
            assert_eq!(found, expected.map(number), "{one} and {other}");
        }
    }

    #[test]
    fn a_product_of_fractions_is_less_exact() {
        let of = |texts: &[&str]| {
            let numbers: Vec<Value> = texts.iter().map(|text| number(text)).collect();
            product(&numbers)
        };
        assert_eq!(of(&["0.1", "3"]), Some(number("0.30000000000000004")));
        let exact = Some(number("27021597764222979"));
        assert_eq!(of(&["9007199254740993", "3"]), exact);
        assert_eq!(of(&[]), Some(number("1")));
    }
}
