//! `sprintf` with the output of Go's `fmt`.

use std::sync::LazyLock;

use regex::Regex;
use regorus::Value;

use super::patterns::Input;

/// An argument as the Go type that OPA passes.
enum Argument {
    Integer(String),
    /// An integer beyond 64 bits. OPA passes a `*big.Int`, which formats
    /// itself.
    Big(String),
    Float(f64),
    Text(String),
}

/// The highest width or precision.
const MAX_WIDTH: usize = 1_000;

pub(super) fn sprintf(arguments: &[Value]) -> Option<Value> {
    let format = arguments[0].as_string().ok()?;
    let mut given = arguments[1].as_array().ok()?.iter();
    let (mut all, mut input) = (String::new(), format.chars().peekable());
    while let Some(next) = input.next() {
        if next != '%' {
            all.push(next);
            continue;
        }
        let mut verb = Verb::default();
        while let Some(flag) = input.next_if(|c| "+-# 0".contains(*c)) {
            verb.flags.push(flag);
        }
        let number = |input: &mut Input<'_>| -> Option<Option<usize>> {
            let mut digits = String::new();
            while let Some(digit) = input.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            match digits.is_empty() {
                true => Some(None),
                false => Some(Some(digits.parse().ok().filter(|it| *it <= MAX_WIDTH)?)),
            }
        };
        verb.width = number(&mut input)?;
        if input.next_if_eq(&'.').is_some() {
            verb.precision = Some(number(&mut input)?.unwrap_or(0));
        }
        match input.next() {
            None => all.push_str("%!(NOVERB)"),
            Some('%') => all.push('%'),
            // Argument indexes and `*` widths are not supported.
            Some('[' | '*') => return None,
            Some(letter) => match given.next() {
                None => all.push_str(&format!("%!{letter}(MISSING)")),
                Some(value) => all.push_str(&verb.print(letter, &argument(value))?),
            },
        }
    }
    let extra: Vec<String> = given.map(|value| typed(&argument(value))).collect();
    if !extra.is_empty() {
        all.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
    }
    Some(Value::from(all))
}

fn argument(value: &Value) -> Argument {
    match value {
        Value::Number(number) if number.as_f64() == Some(0.0) => Argument::Integer("0".to_owned()),
        Value::String(text) => Argument::Text(text.to_string()),
        Value::Number(number) if number.is_integer() => {
            let digits = number.format_decimal();
            match digits.parse::<i64>() {
                Ok(_) => Argument::Integer(digits),
                Err(_) => Argument::Big(digits),
            }
        }
        Value::Number(number) => match number.as_f64() {
            Some(float) => Argument::Float(float),
            None => Argument::Text(number.format_decimal()),
        },
        value => Argument::Text(shown(value)),
    }
}

fn typed(argument: &Argument) -> String {
    match argument {
        Argument::Integer(digits) => format!("int64={digits}"),
        Argument::Big(digits) => format!("*big.Int={digits}"),
        Argument::Float(float) => format!("float64={}", shortest(*float)),
        Argument::Text(text) => format!("string={text}"),
    }
}

/// A value in Rego syntax.
pub(crate) fn shown(value: &Value) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match value {
        Value::String(text) => quoted(text),
        Value::Number(number) => number.format_decimal(),
        Value::Array(items) => format!("[{}]", list(items.iter().map(shown).collect())),
        Value::Set(items) if items.is_empty() => "set()".to_owned(),
        Value::Set(items) => {
            let items = super::operators::sorted(items.iter());
            format!("{{{}}}", list(items.into_iter().map(shown).collect()))
        }
        Value::Object(fields) => {
            let keys = super::operators::sorted(fields.keys());
            let field = |key: &Value| {
                let value = fields.get(key).map(shown).unwrap_or_default();
                format!("{}: {value}", shown(key))
            };
            format!("{{{}}}", list(keys.into_iter().map(field).collect()))
        }
        Value::Null | Value::Bool(_) | Value::Undefined => value.to_string(),
    }
}

#[derive(Default)]
struct Verb {
    flags: String,
    width: Option<usize>,
    precision: Option<usize>,
}

impl Verb {
    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    fn print(&self, letter: char, argument: &Argument) -> Option<String> {
        let printed = match (letter, argument) {
            // Not supported: for these, Go has rules of its own.
            (_, Argument::Big(_)) | ('x' | 'X' | 'o' | 'b' | 'c', _)
                if self.precision.is_some() && !matches!(argument, Argument::Text(_)) =>
            {
                return None;
            }
            ('v' | 'd', Argument::Integer(digits)) => self.signed(&self.filled(digits)?),
            ('v' | 'd' | 's', Argument::Big(digits)) => self.signed(digits),
            ('x' | 'X' | 'o' | 'b', Argument::Integer(digits) | Argument::Big(digits)) => {
                let number: i128 = digits.parse().ok()?;
                let sign = if number < 0 { "-" } else { "" };
                let (prefix, digits) = match letter {
                    'x' => ("0x", format!("{:x}", number.unsigned_abs())),
                    'X' => ("0X", format!("{:X}", number.unsigned_abs())),
                    'o' => ("0", format!("{:o}", number.unsigned_abs())),
                    _ => ("0b", format!("{:b}", number.unsigned_abs())),
                };
                let prefix = if self.has('#') { prefix } else { "" };
                self.signed(&format!("{sign}{prefix}{digits}"))
            }
            ('c', Argument::Integer(digits)) => {
                let character = digits.parse().ok().and_then(char::from_u32);
                character.unwrap_or(char::REPLACEMENT_CHARACTER).to_string()
            }
            ('v', Argument::Float(float)) if self.precision.is_none() => {
                self.signed(&shortest(*float))
            }
            ('f' | 'F', Argument::Float(float)) => {
                let places = self.precision.unwrap_or(6);
                self.signed(&format!("{float:.places$}"))
            }
            ('e', Argument::Float(float)) => {
                let places = self.precision.unwrap_or(6);
                self.signed(&exponent(&format!("{float:.places$e}")))
            }
            ('g', Argument::Float(float)) if self.precision.is_none() => {
                self.signed(&shortest(*float))
            }
            ('s' | 'v', Argument::Text(text)) => match self.precision {
                Some(length) => text.chars().take(length).collect(),
                None => text.clone(),
            },
            ('q', Argument::Text(text)) if !self.has('#') => quoted(text),
            ('x' | 'X', Argument::Text(text)) if self.flags.is_empty() => {
                let hex = |byte: u8| match letter {
                    'x' => format!("{byte:02x}"),
                    _ => format!("{byte:02X}"),
                };
                text.bytes().map(hex).collect()
            }
            ('T', Argument::Text(_)) => "string".to_owned(),
            ('T', Argument::Float(_)) => "float64".to_owned(),
            ('T', Argument::Integer(_)) => "int64".to_owned(),
            ('T', Argument::Big(_)) => "*big.Int".to_owned(),
            // Verbs of Go that are not supported. `%p` is an address.
            ('p', _)
            | ('q' | 'U', Argument::Integer(_))
            | ('O', Argument::Big(_))
            | ('b' | 'x' | 'X' | 'E' | 'G' | 'g' | 'v', Argument::Float(_))
            | ('q' | 'x' | 'X', Argument::Text(_)) => return None,
            // Go says what the verb is wrong for, as `%v` with the same flags.
            _ => {
                let kind = match argument {
                    Argument::Integer(_) => "int64",
                    Argument::Big(_) => "big.Int",
                    Argument::Float(_) => "float64",
                    Argument::Text(_) => "string",
                };
                let value = self.print('v', argument)?;
                return Some(format!("%!{letter}({kind}={value})"));
            }
        };
        Some(self.padded(printed, !matches!(argument, Argument::Text(_))))
    }

    /// An integer with as many digits as the precision. `None` where Go prints
    /// nothing, or ignores a flag.
    fn filled(&self, digits: &str) -> Option<String> {
        let Some(count) = self.precision else {
            return Some(digits.to_owned());
        };
        let (sign, number) = match digits.strip_prefix('-') {
            Some(number) => ("-", number),
            None => ("", digits),
        };
        let zeros = "0".repeat(count.saturating_sub(number.len()));
        let is_plain = !self.has('0') && (count, number) != (0, "0");
        is_plain.then(|| format!("{sign}{zeros}{number}"))
    }

    fn signed(&self, digits: &str) -> String {
        match (digits.starts_with('-'), self.has('+'), self.has(' ')) {
            (false, true, _) => format!("+{digits}"),
            (false, false, true) => format!(" {digits}"),
            _ => digits.to_owned(),
        }
    }

    fn padded(&self, text: String, is_number: bool) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        if missing == 0 {
            return text;
        }
        if self.has('-') {
            return text + &" ".repeat(missing);
        }
        if self.has('0') && is_number {
            let sign = usize::from(text.starts_with(['-', '+', ' ']));
            return format!("{}{}{}", &text[..sign], "0".repeat(missing), &text[sign..]);
        }
        let fill = if self.has('0') { "0" } else { " " };
        fill.repeat(missing) + &text
    }
}

/// A float as `%v` prints it.
fn shortest(float: f64) -> String {
    let digits = format!("{float:e}");
    let size: i32 = digits
        .split_once('e')
        .and_then(|(_, e)| e.parse().ok())
        .unwrap_or(0);
    if (-4..6).contains(&size) {
        float.to_string()
    } else {
        exponent(&digits)
    }
}

/// Gives an exponent a sign and at least two digits.
fn exponent(text: &str) -> String {
    let Some((digits, size)) = text.split_once('e') else {
        return text.to_owned();
    };
    let (sign, size) = match size.strip_prefix('-') {
        Some(size) => ('-', size),
        None => ('+', size),
    };
    format!("{digits}e{sign}{size:0>2}")
}

/// Characters outside ASCII that Go prints as they are.
static PRINTABLE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"^[\pL\pM\pN\pP\pS]$";
    Regex::new(pattern).expect("the pattern is one")
});

fn quoted(text: &str) -> String {
    let mut all = String::from("\"");
    for character in text.chars() {
        let number = u32::from(character);
        match character {
            '"' => all.push_str("\\\""),
            '\\' => all.push_str("\\\\"),
            '\u{7}' => all.push_str("\\a"),
            '\u{8}' => all.push_str("\\b"),
            '\u{c}' => all.push_str("\\f"),
            '\n' => all.push_str("\\n"),
            '\r' => all.push_str("\\r"),
            '\t' => all.push_str("\\t"),
            '\u{b}' => all.push_str("\\v"),
            ' '..='~' => all.push(character),
            '\0'..='\u{7f}' => all.push_str(&format!("\\x{number:02x}")),
            _ if PRINTABLE.is_match(character.encode_utf8(&mut [0; 4])) => all.push(character),
            '\u{80}'..='\u{ffff}' => all.push_str(&format!("\\u{number:04x}")),
            _ => all.push_str(&format!("\\U{number:08x}")),
        }
    }
    all + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_is_bounded_however_many_digits_it_has() {
        for (format, expected) in [
            ("%3d", Some("  1")),
            ("%.2d", Some("01")),
            ("%.d", Some("1")),
            ("%1001d", None),
            ("%99999999999999999999d", None),
            ("%.99999999999999999999d", None),
        ] {
            let found = sprintf(&[format.into(), Value::from(vec![Value::from(1_i64)])]);
            assert_eq!(found, expected.map(Value::from), "{format}");
        }
    }
}
