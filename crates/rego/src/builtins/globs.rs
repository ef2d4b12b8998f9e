//! Globs as OPA matches them, with the Go library `gobwas/glob`. Where the
//! library is known to match a pattern wrongly, we match as it does, or reject
//! the pattern.

use std::collections::BTreeSet;

use regex::{Regex, escape};

use super::patterns::{Input, cached, literal};

/// Maximum number of texts in which the beginning and the end of a pattern
/// overlap. Each becomes an alternative; patterns of people have one at most.
const MAX_OVERLAPS: usize = 16;

/// Translates a glob to a regular expression. `None` if the pattern is invalid
/// or rejected.
pub(super) fn glob(pattern: &str, separators: &[char]) -> Option<Regex> {
    let key = format!("glob {separators:?} {pattern}");
    cached(&key, || {
        let parts = parse(&mut pattern.chars().peekable(), false)?;
        let regex = Glob { separators }.whole(&parts)?;
        Some(format!("(?s-m)^(?:{regex})$"))
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

/// A part of a glob.
enum Part {
    Text(String),
    /// `*`
    Star,
    /// `**`
    DoubleStar,
    /// `?`
    One,
    /// `[a-c]` or `[!abc]`, as a regular expression.
    Class {
        regex: String,
        is_negated: bool,
    },
    /// `{a,b}`
    Choice(Vec<Vec<Part>>),
}

/// Parses up to the end or, in a choice, up to the end of the alternative.
fn parse(input: &mut Input<'_>, in_choice: bool) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    while let Some(next) = input.next_if(|next| !in_choice || !matches!(next, ',' | '}')) {
        let part = match next {
            '*' if input.next_if_eq(&'*').is_none() => Part::Star,
            // The library takes a third star for another one, which matches
            // one character or more.
            '*' if input.peek() == Some(&'*') => return None,
            '*' => Part::DoubleStar,
            '?' => Part::One,
            '[' => class(input)?,
            // The library matches further alternatives in alternatives wrongly.
            '{' if in_choice => return None,
            '{' => choice(input)?,
            other => {
                let character = if other == '\\' {
                    input.next()
                } else {
                    Some(other)
                };
                if let Some(Part::Text(text)) = parts.last_mut() {
                    text.extend(character);
                    continue;
                }
                Part::Text(character.into_iter().collect())
            }
        };
        parts.push(part);
    }
    Some(parts)
}

fn choice(input: &mut Input<'_>) -> Option<Part> {
    let mut alternatives = Vec::new();
    loop {
        alternatives.push(parse(input, true)?);
        if input.next()? != ',' {
            return Some(Part::Choice(alternatives));
        }
    }
}

/// Parses a class: either one range or a list of characters.
fn class(input: &mut Input<'_>) -> Option<Part> {
    let is_negated = input.next_if_eq(&'!').is_some();
    let mut members = Vec::new();
    loop {
        match input.next()? {
            ']' => break,
            '\\' => members.push((input.next()?, true)),
            other => members.push((other, false)),
        }
    }
    let mut regex = if is_negated { "[^" } else { "[" }.to_owned();
    match members.as_slice() {
        [] => return None,
        [(low, _), ('-', false), (high, _)] => {
            literal(*low, &mut regex);
            regex.push('-');
            literal(*high, &mut regex);
        }
        // The library rejects a range that more characters follow.
        [_, ('-', false), _, ..] => return None,
        members => members
            .iter()
            .for_each(|(member, _)| literal(*member, &mut regex)),
    }
    regex.push(']');
    Some(Part::Class { regex, is_negated })
}

struct Glob<'a> {
    separators: &'a [char],
}

impl Glob<'_> {
    /// Translates a whole pattern. Here the library has most of its faults.
    fn whole(&self, parts: &[Part]) -> Option<String> {
        match parts {
            // On their own, these match the empty text as well.
            [
                Part::One
                | Part::Class {
                    is_negated: true, ..
                },
            ] => Some(format!("(?:{})?", self.sequence(parts)?)),
            // The library compares the beginning and the end, which may overlap.
            [Part::Text(first), wildcard, Part::Text(last)] if self.matches_all(wildcard) => {
                let mut all = vec![self.sequence(parts)?];
                all.extend(
                    overlaps(first, last)
                        .map(|text| escape(&text))
                        .take(MAX_OVERLAPS + 1),
                );
                (all.len() <= MAX_OVERLAPS + 1).then(|| all.join("|"))
            }
            [Part::Choice(alternatives)] if are_distinct(alternatives) => {
                self.alternatives(alternatives)
            }
            _ => self.sequence(parts),
        }
    }

    fn sequence(&self, parts: &[Part]) -> Option<String> {
        parts.iter().map(|part| self.part(part)).collect()
    }

    fn part(&self, part: &Part) -> Option<String> {
        Some(match part {
            Part::Text(text) => escape(text),
            Part::Star => format!("{}*", self.any_character()),
            Part::DoubleStar => ".*".to_owned(),
            Part::One => self.any_character(),
            Part::Class { regex, .. } => regex.clone(),
            // The library matches alternatives with wildcards wrongly.
            Part::Choice(alternatives) => {
                let is_text = |parts: &Vec<Part>| matches!(parts[..], [] | [Part::Text(_)]);
                if !alternatives.iter().all(is_text) {
                    return None;
                }
                format!("(?:{})", self.alternatives(alternatives)?)
            }
        })
    }

    fn alternatives(&self, alternatives: &[Vec<Part>]) -> Option<String> {
        let all: Option<Vec<String>> = alternatives.iter().map(|one| self.sequence(one)).collect();
        Some(all?.join("|"))
    }

    fn matches_all(&self, part: &Part) -> bool {
        match part {
            Part::DoubleStar => true,
            Part::Star => self.separators.is_empty(),
            Part::Text(_) | Part::One | Part::Class { .. } | Part::Choice(_) => false,
        }
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
}

/// Whether each alternative is a text of its own with at most a wildcard before
/// and behind it. The library matches those right, and others with wildcards
/// wrongly: it takes out what they have in common.
fn are_distinct(alternatives: &[Vec<Part>]) -> bool {
    use Part::{DoubleStar, Star, Text};
    let mut texts = BTreeSet::new();
    alternatives.iter().all(|parts| match &parts[..] {
        [Text(text)]
        | [Star | DoubleStar, Text(text)]
        | [Text(text), Star | DoubleStar]
        | [Star | DoubleStar, Text(text), Star | DoubleStar] => texts.insert(text),
        _ => false,
    })
}

/// The texts that begin with `first` and end with `last` and are shorter than
/// both together.
fn overlaps(first: &str, last: &str) -> impl Iterator<Item = String> {
    let ends = last.char_indices().map(|(at, c)| at + c.len_utf8());
    ends.filter(|end| first.ends_with(&last[..*end]))
        .map(move |end| format!("{first}{}", &last[end..]))
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
    fn patterns_match_as_in_opa_or_are_refused() {
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
            ("{b*,b}", "bz", None),
            ("{ba*,?}", "", None),
            ("{[ab]*,[ab]}", "ab", None),
            ("{web-*,*-api,x}", "web-1", Some(true)),
            ("{web-*,*-api,x}", "1-web-", Some(false)),
            // The beginning and the end may overlap.
            ("b**b", "b", Some(true)),
            ("ab**ba", "aba", Some(true)),
            ("ab**ba", "ab", Some(false)),
            ("b*b", "b", Some(true)),
            ("?b*b", "ab", Some(false)),
            // A third star is not the same as two.
            ("a***", "a", None),
            ("a***", "ab", None),
        ] {
            let found = glob(pattern, &[]).map(|regex| regex.is_match(text));
            assert_eq!(found, expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_number_of_overlaps_is_limited() {
        let pattern = |count| format!("{0}**{0}", "a".repeat(count));
        assert!(glob(&pattern(MAX_OVERLAPS), &[]).is_some());
        assert!(glob(&pattern(MAX_OVERLAPS + 1), &[]).is_none());
    }
}
