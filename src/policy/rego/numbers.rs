//! Arithmetic. Fractions are computed exactly from their decimal notation, so
//! that `0.7 + 0.1` is `0.8`. OPA gets the same result because it computes with
//! more digits than an `f64` has.

use regorus::Value;

/// `digits` times ten to the power of minus `places`.
#[derive(Clone, Copy, Debug)]
struct Decimal {
    digits: i128,
    places: u32,
}

/// The most decimal places that are computed exactly.
const MAX_PLACES: u32 = 18;

pub(super) fn add(one: &Value, other: &Value) -> Option<Value> {
    if are_integers(one, other) {
        return one
            .as_number()
            .ok()?
            .add(other.as_number().ok()?)
            .ok()
            .map(Value::from);
    }
    let exact = || {
        let (a, b, places) = aligned(one, other)?;
        value(a.checked_add(b)?, places)
    };
    exact().or_else(|| float(one, other, |a, b| a + b))
}

pub(super) fn subtract(one: &Value, other: &Value) -> Option<Value> {
    if are_integers(one, other) {
        return one
            .as_number()
            .ok()?
            .sub(other.as_number().ok()?)
            .ok()
            .map(Value::from);
    }
    let exact = || {
        let (a, b, places) = aligned(one, other)?;
        value(a.checked_sub(b)?, places)
    };
    exact().or_else(|| float(one, other, |a, b| a - b))
}

pub(super) fn multiply(one: &Value, other: &Value) -> Option<Value> {
    if are_integers(one, other) {
        return one
            .as_number()
            .ok()?
            .mul(other.as_number().ok()?)
            .ok()
            .map(Value::from);
    }
    let exact = || {
        let (a, b) = (parse(one)?, parse(other)?);
        value(a.digits.checked_mul(b.digits)?, a.places + b.places)
    };
    exact().or_else(|| float(one, other, |a, b| a * b))
}

/// `None` also if `other` is zero.
pub(super) fn divide(one: &Value, other: &Value) -> Option<Value> {
    if is_zero(other) {
        return None;
    }
    let exact = || {
        let (a, b, _) = aligned(one, other)?;
        if a % b == 0 {
            return Some(Value::from(a / b));
        }
        quotient(a, b)
    };
    exact().or_else(|| float(one, other, |a, b| a / b))
}

/// The remainder of integers. Like OPA, it takes nothing else.
pub(super) fn remainder(one: &Value, other: &Value) -> Option<Value> {
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
    text.parse::<f64>().ok().map(Value::from)
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

fn float(one: &Value, other: &Value, count: fn(f64, f64) -> f64) -> Option<Value> {
    let result = count(one.as_f64().ok()?, other.as_f64().ok()?);
    result.is_finite().then(|| Value::from(result))
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
    let text = value.as_number().ok()?.format_decimal();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let places = u32::try_from(rest.len())
        .ok()
        .filter(|places| *places <= MAX_PLACES)?;
    let digits = format!("{whole}{rest}").parse().ok()?;
    Some(Decimal { digits, places })
}

fn value(digits: i128, places: u32) -> Option<Value> {
    let power = 10_i128.checked_pow(places)?;
    if digits % power == 0 {
        return Some(Value::from(digits / power));
    }
    let text = format!("{digits}e-{places}");
    text.parse::<f64>().ok().map(Value::from)
}
