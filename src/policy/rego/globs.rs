//! Globs as OPA matches them, with the Go library `gobwas/glob`. Patterns that
//! the library is known to match wrongly are rejected.

use regex::Regex;

use super::patterns::{Input, cached, literal};

/// Translates a glob to a regular expression. `None` if the pattern is invalid
/// or rejected.
pub(super) fn glob(pattern: &str, separators: &[char]) -> Option<Regex> {
    let key = format!("glob {separators:?} {pattern}");
    cached(&key, || {
        // On their own, these match the empty string as well as one character.
        let is_one = pattern == "?"
            || (pattern.starts_with("[!") && pattern.find(']') == Some(pattern.len() - 1));
        let may_be_empty = if is_one { "?" } else { "" };
        let mut input = pattern.chars().peekable();
        let inner = Glob { separators }.sequence(&mut input, 0)?.regex;
        Some(format!("(?s-m)^(?:{inner}){may_be_empty}$"))
    })
}

/// A glob that matches this text alone.
pub(super) fn quoted(text: &str) -> String {
    let mut all = String::new();
    for character in text.chars() {
        if "*?\\[]{}".contains(character) {
            all.push('\\');
        }
        all.push(character);
    }
    all
}

struct Glob<'a> {
    separators: &'a [char],
}

/// A part of a glob as a regular expression.
struct Translated {
    regex: String,
    /// Whether it matches one text alone: it has no wildcards, classes or
    /// alternatives.
    is_literal: bool,
}

impl Glob<'_> {
    fn sequence(&self, input: &mut Input<'_>, depth: usize) -> Option<Translated> {
        let mut all = String::new();
        let mut is_literal = true;
        while let Some(next) = input.peek().copied() {
            if depth > 0 && matches!(next, ',' | '}') {
                break;
            }
            input.next();
            is_literal &= !matches!(next, '*' | '?' | '[' | '{');
            match next {
                '*' if input.peek() == Some(&'*') => {
                    while input.peek() == Some(&'*') {
                        input.next();
                    }
                    all.push_str(".*");
                }
                '*' => all.push_str(&format!("{}*", self.any_character())),
                '?' => all.push_str(&self.any_character()),
                '[' => self.class(input, &mut all)?,
                '{' => {
                    let is_first = all.is_empty();
                    let choice = self.choice(input, depth)?;
                    // The library mismatches alternatives with wildcards or
                    // further alternatives in them, most of all next to other
                    // text.
                    let is_whole = is_first && input.peek().is_none();
                    if depth > 0 || (!choice.is_literal && !is_whole) {
                        return None;
                    }
                    all.push_str(&format!("(?:{})", choice.regex));
                }
                '\\' => all.extend(input.next().map(|c| regex::escape(&c.to_string()))),
                other => all.push_str(&regex::escape(&other.to_string())),
            }
        }
        Some(Translated {
            regex: all,
            is_literal,
        })
    }

    /// Translates alternatives. They are literal if each of them is.
    fn choice(&self, input: &mut Input<'_>, depth: usize) -> Option<Translated> {
        let (mut choices, mut is_literal) = (Vec::new(), true);
        loop {
            let choice = self.sequence(input, depth + 1)?;
            is_literal &= choice.is_literal;
            choices.push(choice.regex);
            match input.next()? {
                ',' => {}
                _ => break,
            }
        }
        Some(Translated {
            regex: choices.join("|"),
            is_literal,
        })
    }

    /// Any character that is not a separator.
    fn any_character(&self) -> String {
        let mut not = String::new();
        self.separators
            .iter()
            .for_each(|separator| literal(*separator, &mut not));
        if not.is_empty() {
            ".".to_owned()
        } else {
            format!("[^{not}]")
        }
    }

    /// Translates a class: either one range or a list of characters.
    fn class(&self, input: &mut Input<'_>, all: &mut String) -> Option<()> {
        all.push('[');
        if input.peek() == Some(&'!') {
            input.next();
            all.push('^');
        }
        let mut members = Vec::new();
        loop {
            match input.next()? {
                ']' => break,
                '\\' => members.push((input.next()?, true)),
                other => members.push((other, false)),
            }
        }
        match members.as_slice() {
            [] => return None,
            [(low, _), ('-', false), (high, _)] => {
                literal(*low, all);
                all.push('-');
                literal(*high, all);
            }
            // The library rejects a range that more characters follow.
            [_, ('-', false), _, ..] => return None,
            members => members.iter().for_each(|(member, _)| literal(*member, all)),
        }
        all.push(']');
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_is_a_glob_for_itself() {
        let found = quoted(r"*?\[]{},-!");
        assert_eq!(found, r"\*\?\\\[\]\{\},-!");
    }

    /// What OPA answers, for globs without separators.
    #[test]
    fn alternatives_match_as_in_opa_or_are_refused() {
        for (pattern, text, expected) in [
            ("{a.com,b.org}x", "a.comx", Some(true)),
            ("{a.com,b.org}x", "aXcomx", Some(false)),
            ("x{a.com,b.org}", "xb.org", Some(true)),
            ("{a\\*,b}x", "a*x", Some(true)),
            ("{a\\*,b}x", "abx", Some(false)),
            ("{a.,b}{c,d.}", "a.d.", Some(true)),
            ("*.{a.com,b.org}", "w.b.org", Some(true)),
            ("{b*,c}", "bz", Some(true)),
            // OPA finds no match, although there should be one.
            ("a{b*,c}", "abz", None),
            ("prod-{web*,api}", "prod-web1", None),
            ("\\*{a*,b}", "*ab", None),
            ("a.{b*,c}", "a.bz", None),
            ("{.{aaa,..}a,a}", "a", None),
            ("{a,b}{c*,d}", "acq", None),
        ] {
            let found = glob(pattern, &[]).map(|regex| regex.is_match(text));
            assert_eq!(found, expected, "{pattern} {text}");
        }
    }
}
