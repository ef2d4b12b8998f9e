//! Removes the values of environment variables from the output of rules and
//! programs.
//!
//! Rules see the values as they are, because those will be registered. The
//! author of a rule can encode a value so that no search finds it. What is found
//! here is what happens by accident or with the usual functions: the value
//! itself, in another case, quoted or escaped, with other characters in
//! between, percent-, hex- or base64-encoded, and a long piece of any of these.
//!
//! Text and values are first reduced to letters and digits in lower case, so
//! that quotes, escapes, separators, padding and base64's two alphabets make no
//! difference. Then each piece of the reduced text is looked up among the
//! pieces of all encodings ("forms") of all values. SECURITY.md says what that
//! promises.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use aho_corasick::AhoCorasick;
use serde_json::Value;

use super::rule_findings::MAX_TEXT;

/// Shorter values, in characters, are not redacted: they occur in ordinary
/// sentences.
const MIN_VALUE: usize = 4;

/// A value with fewer letters and digits is too common to be searched for in
/// reduced text. It is searched for literally.
const MIN_FORM: usize = 6;

/// A run of this many letters and digits of a form is always found, however
/// long the form is.
const LONG: usize = 16;

/// Forms of this length or more are indexed by pieces of [`WINDOW`], at every
/// [`STRIDE`]th position. Any run of [`LONG`] contains one of them.
const LARGE: usize = 24;
const STRIDE: usize = 4;
const WINDOW: usize = LONG - STRIDE + 1;

/// The number of characters dropped at the end of a text that was cut. The
/// beginning of a value may be left there, too short to be found.
const TAIL: usize = 64;

/// The values that a release's findings must not contain.
#[derive(Default)]
pub(super) struct Redactor<'a> {
    values: Vec<(&'a str, &'a str)>,
    /// Finds values that are searched for literally.
    plain: Option<AhoCorasick>,
    /// The value of each pattern of `plain`.
    plain_values: Vec<usize>,
    forms: Vec<Form>,
    /// Pieces of forms, by length and hash.
    pieces: HashMap<(usize, u64), Piece>,
    lengths: BTreeSet<usize>,
}

/// One encoding of a value, reduced.
struct Form {
    text: Vec<u8>,
    value: usize,
    /// The shortest run of it that is redacted.
    least: usize,
}

#[derive(Clone, Copy)]
struct Piece {
    form: usize,
    start: usize,
}

impl<'a> Redactor<'a> {
    /// Collects the plain environment variables of the release and of what
    /// production runs.
    pub(super) fn of(document: &'a Value) -> Self {
        let mut values = environment_values(&document["taskDefinition"]);
        values.extend(environment_values(&document["previous"]));
        Self::new(values)
    }

    fn new(values: Vec<(&'a str, &'a str)>) -> Self {
        let mut this = Self::default();
        let mut known = BTreeSet::new();
        let mut plain = Vec::new();
        for (name, value) in values {
            if value.chars().count() >= MIN_VALUE && known.insert(value) {
                this.values.push((name, value));
                this.add(value, &mut plain);
            }
        }
        // It only fails for more patterns than a release has bytes.
        let finder = AhoCorasick::new(plain).expect("the values are few and short");
        this.plain = Some(finder);
        this
    }

    fn add(&mut self, value: &str, plain: &mut Vec<String>) {
        let place = self.values.len() - 1;
        let raw = reduced(value).0;
        if raw.len() < MIN_FORM {
            let written = [value.to_owned(), value.to_uppercase(), value.to_lowercase()];
            self.plain_values.extend(written.iter().map(|_| place));
            plain.extend(written);
        }
        let mut forms = encodings(value);
        forms.insert(raw);
        for text in forms.into_iter().filter(|text| text.len() >= MIN_FORM - 1) {
            self.index(text, place);
        }
    }

    fn index(&mut self, text: Vec<u8>, value: usize) {
        let form = self.forms.len();
        let length = text.len();
        let (piece, stride, least) = match length {
            LARGE.. => (WINDOW, STRIDE, LONG),
            9.. => {
                let least = 8.max((length * 2).div_ceil(3));
                (least, 1, least)
            }
            _ => (length, 1, length),
        };
        self.lengths.insert(piece);
        for start in (0..=length - piece).step_by(stride) {
            let key = (piece, hash(&text[start..start + piece]));
            self.pieces.entry(key).or_insert(Piece { form, start });
        }
        self.forms.push(Form { text, value, least });
    }

    /// Replaces each value in the text by its name.
    pub(super) fn clean(&self, text: &str) -> String {
        let was_cut = text.chars().count() >= MAX_TEXT;
        let mut shown = String::new();
        let mut end = 0;
        for (range, value) in self.found(text) {
            shown.push_str(&text[end..range.start]);
            let name = self.values[value].0;
            write!(shown, "(value of {name})").expect("a string takes all that is written");
            end = range.end;
        }
        shown.push_str(&text[end..]);
        if was_cut && !self.values.is_empty() {
            let kept = shown.chars().count().saturating_sub(TAIL);
            shown = shown.chars().take(kept).collect();
        }
        shown
    }

    /// The ranges of the text that are values, in order and without overlaps.
    fn found(&self, text: &str) -> Vec<(Range<usize>, usize)> {
        let plain = self
            .plain
            .iter()
            .flat_map(|it| it.find_overlapping_iter(text));
        let mut found: Vec<(Range<usize>, usize)> = plain
            .map(|it| (it.range(), self.plain_values[it.pattern().as_usize()]))
            .collect();
        let (bytes, places) = reduced(text);
        for length in &self.lengths {
            for (start, window) in bytes.windows(*length).enumerate() {
                let Some(piece) = self.pieces.get(&(*length, hash(window))) else {
                    continue;
                };
                let form = &self.forms[piece.form];
                let Some(range) = extent(form, piece.start, &bytes, start, *length) else {
                    continue;
                };
                let shown = places[range.start].start..places[range.end - 1].end;
                found.push((shown, form.value));
            }
        }
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut apart: Vec<(Range<usize>, usize)> = Vec::new();
        for (range, value) in found {
            match apart.last_mut() {
                Some((last, _)) if range.start < last.end => last.end = last.end.max(range.end),
                Some(_) | None => apart.push((range, value)),
            }
        }
        apart
    }
}

/// The extent of a form around a piece of it that was found in the text. `None`
/// if it is too short, or if only the hash was equal.
fn extent(
    form: &Form,
    start: usize,
    text: &[u8],
    at: usize,
    length: usize,
) -> Option<Range<usize>> {
    if form.text[start..start + length] != text[at..at + length] {
        return None;
    }
    let before = form.text[..start].iter().rev().zip(text[..at].iter().rev());
    let before = before.take_while(|(a, b)| a == b).count();
    let after = form.text[start + length..].iter().zip(&text[at + length..]);
    let after = after.take_while(|(a, b)| a == b).count();
    (before + length + after >= form.least).then(|| at - before..at + length + after)
}

/// Reduces a text to letters and digits in lower case, with the range of the
/// text that each byte came from.
fn reduced(text: &str) -> (Vec<u8>, Vec<Range<usize>>) {
    let (mut bytes, mut places) = (Vec::new(), Vec::new());
    let mut buffer = [0; 4];
    for (at, character) in text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
        for lower in character.to_lowercase() {
            for byte in lower.encode_utf8(&mut buffer).bytes() {
                bytes.push(byte);
                places.push(at..at + character.len_utf8());
            }
        }
    }
    (bytes, places)
}

/// The usual encodings of a value, reduced.
fn encodings(value: &str) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    for only_ascii in [false, true] {
        forms.insert(reduced(&escaped(value, only_ascii)).0);
    }
    let mut percent = String::new();
    for byte in value.bytes() {
        let is_kept = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if is_kept {
            percent.push(char::from(byte));
        } else {
            write!(percent, "%{byte:02x}").expect("a string takes all that is written");
        }
    }
    // In a query, a space may be a plus.
    forms.insert(reduced(&percent.replace("%20", "+")).0);
    forms.insert(reduced(&percent).0);
    forms.insert(hex::encode(value).into_bytes());
    for before in 0..3 {
        forms.insert(reduced(&base64(value.as_bytes(), before)).0);
    }
    forms
}

/// Escapes a value as JSON or `%q` does. Quotes and backslashes are reduced
/// away later.
fn escaped(value: &str, only_ascii: bool) -> String {
    let mut text = String::new();
    let mut units = [0; 2];
    for character in value.chars() {
        match character {
            '\n' => text.push('n'),
            '\r' => text.push('r'),
            '\t' => text.push('t'),
            other if other.is_control() || (only_ascii && is_escaped(other)) => {
                for unit in other.encode_utf16(&mut units) {
                    write!(text, "u{unit:04x}").expect("a string takes all that is written");
                }
            }
            other => text.push(other),
        }
    }
    text
}

/// Characters that some JSON writers escape although they need not.
fn is_escaped(character: char) -> bool {
    !character.is_ascii() || matches!(character, '<' | '>' | '&')
}

/// The base64 characters that depend on the bytes alone, if `before` other
/// bytes precede them.
fn base64(bytes: &[u8], before: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let all: Vec<u8> = std::iter::repeat_n(0, before)
        .chain(bytes.iter().copied())
        .collect();
    let digits = all.len() * 8 / 6;
    let bit = |n: usize| all[n / 8] >> (7 - n % 8) & 1;
    let digit = |n: usize| (0..6).fold(0, |sum, i| sum << 1 | usize::from(bit(n * 6 + i)));
    let first = (before * 8).div_ceil(6);
    (first..digits)
        .map(|n| char::from(ALPHABET[digit(n)]))
        .collect()
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// The names and values of all plain environment variables.
fn environment_values(task_definition: &Value) -> Vec<(&str, &str)> {
    let containers = task_definition["containerDefinitions"].as_array();
    let variables = containers
        .into_iter()
        .flatten()
        .filter_map(|container| container["environment"].as_array())
        .flatten();
    variables
        .filter_map(|variable| Some((variable["name"].as_str()?, variable["value"].as_str()?)))
        .collect()
}

#[cfg(test)]
mod tests;
