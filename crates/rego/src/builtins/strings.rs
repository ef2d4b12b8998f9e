//! Functions on strings, numbers and times that regorus implements differently
//! from OPA.

use std::cmp::Ordering;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use regorus::Value;

use super::super::elements::elements;
use super::Own;
use super::patterns::text;

/// The function of this name, if it is implemented here.
pub(super) fn function(name: &str) -> Option<Own> {
    Some(match name {
        "upper" => |a| Some(text(&a[0])?.chars().map(upper).collect::<String>().into()),
        "lower" => |a| Some(text(&a[0])?.chars().map(lower).collect::<String>().into()),
        "strings.count" => |a| {
            let (text, part) = (a[0].as_string().ok()?, a[1].as_string().ok()?);
            Some(Value::from(match part.is_empty() {
                true => text.chars().count() + 1,
                false => text.matches(&**part).count(),
            }))
        },
        "strings.replace_n" => |a| replace_all(&a[0], a[1].as_string().ok()?),
        "strings.split_n" => |a| {
            let (text, by) = (a[0].as_string().ok()?, a[1].as_string().ok()?);
            let count = usize::try_from(a[2].as_i64().ok()?).ok()?;
            let parts = (!by.is_empty()).then(|| text.split(&**by).take(count))?;
            Some(Value::from(parts.map(Value::from).collect::<Vec<Value>>()))
        },
        "to_number" => |a| match &a[0] {
            Value::Null => Some(Value::from(0_i64)),
            Value::Bool(truth) => Some(Value::from(i64::from(*truth))),
            Value::Number(_) => Some(a[0].clone()),
            Value::String(text) => number(text),
            _ => None,
        },
        "floor" => |a| {
            rounded(&a[0], 0, |value| {
                Some(Value::from(value.as_number().ok()?.floor()))
            })
        },
        "ceil" => |a| {
            rounded(&a[0], 1, |value| {
                Some(Value::from(value.as_number().ok()?.ceil()))
            })
        },
        "semver.is_valid" => |a| {
            let is_valid = a[0].as_string().is_ok_and(|text| version(text).is_some());
            Some(Value::from(is_valid))
        },
        "semver.compare" => |a| {
            let one = version(a[0].as_string().ok()?)?;
            let other = version(a[1].as_string().ok()?)?;
            Some(Value::from(match one.cmp(&other) {
                Ordering::Less => -1_i64,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            }))
        },
        "object.subset" => |a| subset(&a[0], &a[1]).map(Value::from),
        "time.add_date" => |a| {
            let part = |at: usize| a[at].as_i64().ok();
            add_date(part(0)?, part(1)?, part(2)?, part(3)?)
        },
        "format_int" => |a| {
            // Towards zero. regorus rounds down, and gives zero a sign.
            let whole = a[0].as_number().ok()?.abs().floor();
            let digits = match a[1].as_i64().ok()? {
                2 => whole.format_bin(),
                8 => whole.format_octal(),
                10 => whole.format_decimal(),
                16 => whole.format_hex(),
                _ => return None,
            };
            let is_negative = digits != "0" && a[0].as_f64().ok()? < 0.0;
            let sign = if is_negative { "-" } else { "" };
            Some(Value::from(format!("{sign}{digits}")))
        },
        "substring" => |a| {
            let start = usize::try_from(a[1].as_i64().ok()?).ok()?;
            let rest = a[0].as_string().ok()?.chars().skip(start);
            // A negative length means the rest of the text.
            let length = usize::try_from(a[2].as_i64().ok()?).unwrap_or(usize::MAX);
            Some(Value::from(rest.take(length).collect::<String>()))
        },
        "sprintf" => super::sprintf::sprintf,
        _ => return None,
    })
}

/// Maps one character to one character, as Go does.
fn upper(character: char) -> char {
    let mut other = character.to_uppercase();
    match (other.next(), other.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

fn lower(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

/// Replaces all texts in one pass. At each place the first key that is there
/// counts, and an empty one, which Go finds everywhere, is refused. regorus
/// replaces in what it has put in.
fn replace_all(replacements: &Value, mut rest: &str) -> Option<Value> {
    let replacements = elements(replacements);
    let pairs = replacements.iter().map(|(old, new)| {
        let old = old.as_string().ok().filter(|old| !old.is_empty())?;
        Some((&**old, &**new.as_string().ok()?))
    });
    let pairs: Vec<(&str, &str)> = pairs.collect::<Option<_>>()?;
    let mut all = String::new();
    while let Some(next) = rest.chars().next() {
        let character = &rest[..next.len_utf8()];
        let there = pairs.iter().find(|(old, _)| rest.starts_with(old));
        let (old, new) = there.copied().unwrap_or((character, character));
        all.push_str(new);
        rest = &rest[old.len()..];
    }
    Some(all.into())
}

/// Parses a number in JSON notation, or a whole number with a plus sign. OPA
/// takes more, but keeps its notation.
fn number(text: &str) -> Option<Value> {
    let is_whole = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('+').filter(is_whole).unwrap_or(text);
    let is_json = serde_json::from_str::<serde_json::Number>(text).is_ok()
        && text.trim() == text
        && text.parse::<f64>().is_ok_and(f64::is_finite);
    if is_json {
        Value::from_numeric_string(text).ok()
    } else {
        None
    }
}

/// Rounds a number. `between` is OPA's result for numbers between -1 and 0.
fn rounded(value: &Value, between: i64, round: fn(&Value) -> Option<Value>) -> Option<Value> {
    let float = value.as_f64().ok()?;
    if -1.0 < float && float < 0.0 {
        return Some(Value::from(between));
    }
    round(value)
}

/// A semantic version: the three numbers and the pre-release part behind `-`.
/// Build metadata behind `+` is ignored.
#[derive(PartialEq, Eq)]
struct Version<'a> {
    numbers: [u64; 3],
    pre: &'a str,
}

fn version(text: &str) -> Option<Version<'_>> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, meta) = text.split_once('+').unwrap_or((text, ""));
    let (core, pre) = text.split_once('-').unwrap_or((text, ""));
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_fine = |text: &str| text.is_empty() || text.split('.').all(is_part);
    if !is_fine(pre) || !is_fine(meta) {
        return None;
    }
    let digits = |part: &str| {
        let is_number = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| part.parse().ok()).flatten()
    };
    let numbers: Vec<u64> = core.split('.').map(digits).collect::<Option<_>>()?;
    Some(Version {
        numbers: numbers.try_into().ok()?,
        pre,
    })
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let pre = || match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                let part = |part: &&str| match part.parse::<u64>() {
                    Ok(number) => (0, number, String::new()),
                    Err(_) => (1, 0, (*part).to_owned()),
                };
                let (one, other) = (self.pre.split('.'), other.pre.split('.'));
                one.map(|p| part(&p)).cmp(other.map(|p| part(&p)))
            }
        };
        self.numbers.cmp(&other.numbers).then_with(pre)
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn subset(whole: &Value, part: &Value) -> Option<bool> {
    Some(match (whole, part) {
        (Value::Set(whole), Value::Set(part)) => part.is_subset(whole),
        (Value::Array(whole), Value::Set(part)) => part.iter().all(|value| whole.contains(value)),
        (Value::Array(whole), Value::Array(part)) => {
            part.is_empty()
                || whole
                    .as_slice()
                    .windows(part.len())
                    .any(|w| w == part.as_slice())
        }
        (Value::Object(whole), Value::Object(part)) => part.iter().all(|(key, value)| {
            let found = whole.get(key);
            found.is_some_and(|found| found == value || subset(found, value).unwrap_or(false))
        }),
        _ => return None,
    })
}

/// Adds to a date. As in Go, days beyond the end of a month run into the next:
/// one month after January 31 is March 3, or March 2 in a leap year.
fn add_date(nanoseconds: i64, years: i64, months: i64, days: i64) -> Option<Value> {
    let time = Timestamp::from_nanosecond(i128::from(nanoseconds)).ok()?;
    let old = time.to_zoned(TimeZone::UTC).datetime();
    let months = i64::from(old.month()) - 1 + months;
    let year = i64::from(old.year()) + years + months.div_euclid(12);
    let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
    let first = Date::new(i16::try_from(year).ok()?, month, 1).ok()?;
    let days = i64::from(old.day()) - 1 + days;
    let date = first.checked_add(Span::new().try_days(days).ok()?).ok()?;
    let new = DateTime::from_parts(date, old.time())
        .to_zoned(TimeZone::UTC)
        .ok()?;
    let nanoseconds = new.timestamp().as_nanosecond();
    i64::try_from(nanoseconds).ok().map(Value::from)
}
