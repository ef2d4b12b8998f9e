//! Globs as OPA matches them, with the Go library `gobwas/glob`. Patterns that
//! the library is known to match wrongly are rejected.

use regex::Regex;

use super::patterns::{Input, kept, literal};

/// Translates a glob to a regular expression. `None` if the pattern is invalid
/// or rejected.
pub(super) fn glob(pattern: &str, separators: &[char]) -> Option<Regex> {
    let key = format!("glob {separators:?} {pattern}");
    kept(&key, || {
        // On their own, these match the empty string as well as one character.
        let is_one = pattern == "?"
            || (pattern.starts_with("[!") && pattern.find(']') == Some(pattern.len() - 1));
        let may_be_empty = if is_one { "?" } else { "" };
        let mut input = pattern.chars().peekable();
        let inner = Glob { separators }.sequence(&mut input, 0)?;
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

impl Glob<'_> {
    fn sequence(&self, input: &mut Input<'_>, depth: usize) -> Option<String> {
        let mut all = String::new();
        while let Some(next) = input.peek().copied() {
            if depth > 0 && matches!(next, ',' | '}') {
                break;
            }
            input.next();
            match next {
                '*' if input.peek() == Some(&'*') => {
                    while input.peek() == Some(&'*') {
                        input.next();
                    }
                    all.push_str(".*");
                }
                '*' => all.push_str(&format!("{}*", self.one())),
                '?' => all.push_str(&self.one()),
                '[' => self.class(input, &mut all)?,
                '{' => {
                    let is_plain_before = !all.contains(['*', '[', '(']) && !all.contains('.');
                    let choice = self.choice(input, depth)?;
                    // The library mismatches alternatives with wildcards next
                    // to other wildcards.
                    let is_plain = !choice.contains(['*', '[', '(', '.']);
                    if !is_plain && (input.peek().is_some() || !is_plain_before) {
                        return None;
                    }
                    all.push_str(&format!("(?:{choice})"));
                }
                '\\' => all.extend(input.next().map(|c| regex::escape(&c.to_string()))),
                other => all.push_str(&regex::escape(&other.to_string())),
            }
        }
        Some(all)
    }

    fn choice(&self, input: &mut Input<'_>, depth: usize) -> Option<String> {
        let mut choices = Vec::new();
        loop {
            choices.push(self.sequence(input, depth + 1)?);
            match input.next()? {
                ',' => {}
                _ => return Some(choices.join("|")),
            }
        }
    }

    fn one(&self) -> String {
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
}
