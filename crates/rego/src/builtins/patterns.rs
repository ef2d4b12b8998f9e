//! Regular expressions in Go's syntax (RE2), translated to the syntax of the
//! `regex` crate. A pattern that cannot be translated is an error.

use std::cell::RefCell;
use std::collections::HashMap;
use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;
use regorus::Value;

/// The number of compiled patterns at which the cache is cleared.
const MAX_CACHED: usize = 1_000;

/// The highest repetition count that Go accepts.
const MAX_REPEAT: u64 = 1_000;

/// Class names that Go accepts: those of POSIX, and Perl's `word`.
const CLASSES: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

thread_local! {
    static CACHE: RefCell<HashMap<String, Option<Regex>>> = RefCell::new(HashMap::new());
}

/// Compiles a regular expression in Go's syntax.
pub(super) fn regex(pattern: &str) -> Option<Regex> {
    cached(&format!("regex {pattern}"), || translated(pattern))
}

/// Returns the compiled pattern from the cache, or translates and compiles it.
/// The key begins with the kind of the pattern.
pub(super) fn cached(key: &str, translate: impl FnOnce() -> Option<String>) -> Option<Regex> {
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= MAX_CACHED {
            cache.clear();
        }
        let compile = || Regex::new(&translate()?).ok();
        cache.entry(key.to_owned()).or_insert_with(compile).clone()
    })
}

pub(super) type Input<'a> = Peekable<Chars<'a>>;

/// Translates a pattern. In Go, classes are ASCII only, bracket expressions
/// have no operators, and a brace that begins no repetition is literal.
fn translated(pattern: &str) -> Option<String> {
    let (mut all, mut input) = (String::new(), pattern.chars().peekable());
    while let Some(next) = input.next() {
        match next {
            '\\' => escape(&mut input, &mut all, false)?,
            '[' => class(&mut input, &mut all)?,
            '{' => match counts(&input) {
                Some(counts) => {
                    let is_too_many =
                        |count: &str| count.parse().is_ok_and(|n: u64| n > MAX_REPEAT);
                    if counts.split(',').any(is_too_many) {
                        return None;
                    }
                    all.push_str(&format!("{{{counts}}}"));
                    input.nth(counts.len());
                    end_of_repetition(&mut input, &mut all)?;
                }
                None => all.push_str("\\{"),
            },
            '(' if input.peek() == Some(&'?') => group(&mut input, &mut all)?,
            '*' | '+' | '?' => {
                all.push(next);
                end_of_repetition(&mut input, &mut all)?;
            }
            other => all.push(other),
        }
    }
    Some(all)
}

/// What stands in the braces of a repetition whose `{` has been read: `2`, `2,`
/// or `2,3`.
fn counts(input: &Input<'_>) -> Option<String> {
    let rest: String = input.clone().collect();
    let (inside, _) = rest.split_once('}')?;
    let is_count = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (low, high) = inside.split_once(',').unwrap_or((inside, ""));
    (!low.is_empty() && is_count(low) && is_count(high)).then(|| inside.to_owned())
}

/// Copies the `?` behind a repetition. Go rejects another repetition directly
/// behind it.
fn end_of_repetition(input: &mut Input<'_>, all: &mut String) -> Option<()> {
    if input.peek() == Some(&'?') {
        all.extend(input.next());
    }
    let mut rest = input.clone();
    match rest.next() {
        Some('*' | '+' | '?') => None,
        Some('{') if counts(&rest).is_some() => None,
        Some(_) | None => Some(()),
    }
}

/// Copies the start of a group: `(?i)`, `(?:` or `(?P<name>`. Go has no other
/// flags.
fn group(input: &mut Input<'_>, all: &mut String) -> Option<()> {
    all.push('(');
    all.extend(input.next());
    match input.peek()? {
        'P' | '<' => {
            let rest: String = input.clone().take(2).collect();
            let is_name = rest == "P<" || (rest.starts_with('<') && !rest.ends_with(['=', '!']));
            is_name.then_some(())
        }
        _ => {
            for flag in input.by_ref() {
                all.push(flag);
                match flag {
                    'i' | 'm' | 's' | 'U' | '-' => {}
                    ':' | ')' => return Some(()),
                    _ => return None,
                }
            }
            None
        }
    }
}

fn escape(input: &mut Input<'_>, all: &mut String, in_class: bool) -> Option<()> {
    let next = input.next()?;
    match next {
        'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
            let members = match next.to_ascii_lowercase() {
                'd' => "0-9",
                's' => "\\t\\n\\x0C\\r ",
                _ => "0-9A-Za-z_",
            };
            let not = if next.is_ascii_uppercase() { "^" } else { "" };
            all.push_str(&format!("[{not}{members}]"));
        }
        'b' if !in_class => all.push_str("(?-u:\\b)"),
        'A' | 'z' if !in_class => all.push_str(&format!("\\{next}")),
        'a' | 'f' | 't' | 'n' | 'r' | 'v' => all.push_str(&format!("\\{next}")),
        'p' | 'P' => {
            let name: String = match input.next()? {
                '{' => input.by_ref().take_while(|c| *c != '}').collect(),
                letter => letter.to_string(),
            };
            all.push_str(&unicode_class(next, &name)?);
        }
        'x' => {
            all.push_str("\\x");
            let length = match input.peek()? {
                '{' => input.clone().position(|c| c == '}')? + 1,
                _ => 2,
            };
            all.extend(input.by_ref().take(length));
        }
        'Q' if !in_class => {
            let rest: String = input.clone().collect();
            let (quoted, _) = rest.split_once("\\E").unwrap_or((&rest, ""));
            all.push_str(&regex::escape(quoted));
            for _ in 0..quoted.chars().count() + 2 {
                input.next();
            }
        }
        other if other.is_ascii_punctuation() => literal(other, all),
        _ => return None,
    }
    Some(())
}

/// Go knows categories and scripts, but no other properties.
fn unicode_class(escape: char, name: &str) -> Option<String> {
    let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let kinds = ["gc", "sc"].iter().filter(|_| is_name);
    let mut classes = kinds.map(|kind| format!("\\{escape}{{{kind}={name}}}"));
    classes.find(|class| Regex::new(class).is_ok())
}

pub(super) fn literal(character: char, all: &mut String) {
    match character.is_ascii_punctuation() {
        true => all.push_str(&format!("\\x{:02X}", u32::from(character))),
        false => all.push(character),
    }
}

fn class(input: &mut Input<'_>, all: &mut String) -> Option<()> {
    all.push('[');
    if input.peek() == Some(&'^') {
        all.extend(input.next());
    }
    let mut is_first = true;
    loop {
        match input.next()? {
            ']' if !is_first => {
                all.push(']');
                return Some(());
            }
            '[' if input.peek() == Some(&':') => {
                let name: String = input.clone().take_while(|c| *c != ']').collect();
                let plain = name.trim_matches([':', '^']);
                if !CLASSES.contains(&plain) {
                    return None;
                }
                all.push('[');
                all.push_str(&name);
                all.push(']');
                for _ in 0..=name.chars().count() {
                    input.next();
                }
            }
            low => {
                member(low, input, all)?;
                let mut preloaded = input.clone();
                // A range, unless the hyphen is the last character of the
                // class.
                if preloaded.next() == Some('-') && preloaded.next() != Some(']') {
                    all.extend(input.next());
                    let high = input.next()?;
                    member(high, input, all)?;
                }
            }
        }
        is_first = false;
    }
}

fn member(character: char, input: &mut Input<'_>, all: &mut String) -> Option<()> {
    match character {
        '\\' => escape(input, all, true),
        other => {
            literal(other, all);
            Some(())
        }
    }
}

pub(super) fn text(value: &Value) -> Option<&str> {
    value.as_string().ok().map(|text| &**text)
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().ok()
}

/// The first `limit` items, or all if it is negative.
fn limited<T>(all: impl Iterator<Item = T>, limit: i64) -> Vec<T> {
    all.take(usize::try_from(limit).unwrap_or(usize::MAX))
        .collect()
}

pub(super) fn function(name: &str) -> Option<super::Own> {
    Some(match name {
        "regex.match" | "re_match" => |a| Some(regex(text(&a[0])?)?.is_match(text(&a[1])?).into()),
        "regex.is_valid" => |a| {
            let pattern = text(&a[0])?;
            // Go accepts these, but they are not translated.
            let mut escapes = pattern.split('\\').skip(1);
            let is_unknown = escapes.any(|it| it.starts_with(|c: char| "BC01234567".contains(c)));
            match regex(pattern) {
                None if is_unknown => None,
                found => Some(found.is_some().into()),
            }
        },
        "regex.find_n" => |a| {
            let (pattern, limit) = (regex(text(&a[0])?)?, integer(&a[2])?);
            let found = pattern
                .find_iter(text(&a[1])?)
                .map(|found| found.as_str().into());
            Some(Value::from(limited::<Value>(found, limit)))
        },
        "regex.find_all_string_submatch_n" => |a| {
            let (pattern, limit) = (regex(text(&a[0])?)?, integer(&a[2])?);
            let found = pattern.captures_iter(text(&a[1])?).map(|captures| {
                let parts = captures
                    .iter()
                    .map(|part| part.map_or("", |part| part.as_str()).into());
                Value::from(parts.collect::<Vec<Value>>())
            });
            Some(Value::from(limited(found, limit)))
        },
        "regex.replace" => |a| {
            let pattern = regex(text(&a[1])?)?;
            Some(
                pattern
                    .replace_all(text(&a[0])?, text(&a[2])?)
                    .into_owned()
                    .into(),
            )
        },
        "regex.split" => |a| {
            let (pattern, whole) = (regex(text(&a[0])?)?, text(&a[1])?);
            let (mut parts, mut begin, mut end) = (Vec::new(), 0, 0);
            if pattern.as_str().is_empty() && whole.is_empty() {
                return Some(Value::from(parts));
            }
            for found in pattern.find_iter(whole) {
                end = found.start();
                if found.end() != 0 {
                    parts.push(Value::from(&whole[begin..end]));
                }
                begin = found.end();
            }
            if end != whole.len() || whole.is_empty() {
                parts.push(Value::from(&whole[begin..]));
            }
            Some(Value::from(parts))
        },
        "glob.quote_meta" => |a| Some(super::globs::quoted(text(&a[0])?).into()),
        "glob.match" => |a| {
            let separators: Vec<char> = match &a[1] {
                Value::Null => Vec::new(),
                Value::Array(all) if all.is_empty() => vec!['.'],
                Value::Array(all) => {
                    let one = |value: &Value| {
                        let mut of = text(value)?.chars();
                        of.next().filter(|_| of.next().is_none())
                    };
                    all.iter().map(one).collect::<Option<_>>()?
                }
                _ => return None,
            };
            let (pattern, text) = (text(&a[0])?, text(&a[2])?);
            // The Go library counts bytes in some places and characters in
            // others.
            if !(pattern.is_ascii() && text.is_ascii()) && pattern.contains(['?', '[', '{']) {
                return None;
            }
            Some(
                super::globs::glob(pattern, &separators)?
                    .is_match(text)
                    .into(),
            )
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_rejects_is_rejected() {
        for pattern in [
            "a{2}*",
            "a{2}{3}",
            "a*{2}",
            "a+{2}",
            "a{2}?+",
            r"\p{Alphabetic}",
            r"\p{Emoji}",
        ] {
            assert!(regex(pattern).is_none(), "{pattern}");
        }
        for (pattern, text) in [
            ("^(a{2})*$", "aaaa"),
            ("^a{2}?$", "aa"),
            ("^a{2,}b{1,2}$", "aaabb"),
            ("^a{,2}$", "a{,2}"),
            ("^{a}$", "{a}"),
            (r"^\p{Lu}\pL\p{Greek}\P{L}$", "Aaα1"),
        ] {
            assert!(
                regex(pattern).is_some_and(|regex| regex.is_match(text)),
                "{pattern}"
            );
        }
    }
}
