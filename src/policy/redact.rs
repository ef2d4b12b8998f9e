//! Takes the values of environment variables out of what rules and programs
//! say.
//!
//! Rules see the values as they are, because that is what will be registered,
//! and whoever writes a rule can spell one so that no search finds it. What is
//! found here is what happens by accident or by the usual functions: the value
//! itself, in another case, quoted or escaped, with other characters in
//! between, percent-, hex- or base64-encoded, and a long piece of any of these.
//!
//! Both sides are reduced to letters and digits in lower case first, so that
//! quotes, escapes, separators, padding and base64's two alphabets make no
//! difference. Then each piece of the reduced text is looked up among the
//! pieces of all forms of all values. SECURITY.md says what that promises.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use serde_json::Value;

use super::found::MAX_TEXT;

/// Shorter values stand in ordinary sentences too.
const MIN_VALUE: usize = 4;

/// Fewer letters and digits than this are too common to be looked for by
/// themselves; such a value is looked for as it is written.
const MIN_FORM: usize = 6;

/// As many letters and digits in a row as are found of a form, however long.
const LONG: usize = 16;

/// Forms from this length on are looked up by pieces of [`WINDOW`], of which
/// only every [`STRIDE`]th is kept: any piece of [`LONG`] has one of them.
const LARGE: usize = 24;
const STRIDE: usize = 4;
const WINDOW: usize = LONG - STRIDE + 1;

/// Characters at the end of a text that was cut in which the beginning of a
/// value may be left, too short to be found.
const TAIL: usize = 64;

/// The values that a release's findings may not repeat.
#[derive(Default)]
pub(super) struct Redactor<'a> {
    values: Vec<(&'a str, &'a str)>,
    /// Values that are looked for as they are written, by their place.
    plain: Vec<usize>,
    forms: Vec<Form>,
    /// Pieces of forms by length and hash.
    pieces: HashMap<(usize, u64), Piece>,
    lengths: BTreeSet<usize>,
}

/// One spelling of a value, reduced.
struct Form {
    text: Vec<u8>,
    value: usize,
    /// The least of it that is not shown.
    least: usize,
}

#[derive(Clone, Copy)]
struct Piece {
    form: usize,
    start: usize,
}

impl<'a> Redactor<'a> {
    /// Knows the plain environment variables of the release and of what
    /// production runs.
    pub(super) fn of(document: &'a Value) -> Self {
        let mut values = environment_values(&document["taskDefinition"]);
        values.extend(environment_values(&document["previous"]));
        Self::new(values)
    }

    fn new(values: Vec<(&'a str, &'a str)>) -> Self {
        let mut this = Self::default();
        let mut known = BTreeSet::new();
        for (name, value) in values {
            if value.chars().count() >= MIN_VALUE && known.insert(value) {
                this.values.push((name, value));
                this.add(value);
            }
        }
        // The longest first, so that no value is left that contains another.
        let values = &this.values;
        this.plain
            .sort_by_key(|value| std::cmp::Reverse(values[*value].1.len()));
        this
    }

    fn add(&mut self, value: &str) {
        let place = self.values.len() - 1;
        let raw = reduced(value).0;
        if raw.len() < MIN_FORM {
            self.plain.push(place);
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

    /// The text without the values; in the place of each stands its name.
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

    /// Where the text has values, in its order and apart from each other.
    fn found(&self, text: &str) -> Vec<(Range<usize>, usize)> {
        let mut found = Vec::new();
        for place in &self.plain {
            let value = self.values[*place].1;
            for form in [value.to_owned(), value.to_uppercase(), value.to_lowercase()] {
                let matches = text.match_indices(&form);
                found.extend(matches.map(|(at, form)| (at..at + form.len(), *place)));
            }
        }
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

/// How far a form goes on around a piece of it that the text has; `None` where
/// that is too little, or no piece of it after all.
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

/// Letters and digits in lower case, with the place in the text that each byte
/// came from.
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

/// What the usual functions make of a value, reduced.
fn encodings(value: &str) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    for only_ascii in [false, true] {
        forms.insert(reduced(&escaped(value, only_ascii)).0);
    }
    let (mut hex, mut percent) = (String::new(), String::new());
    for byte in value.bytes() {
        write!(hex, "{byte:02x}").expect("a string takes all that is written");
        let is_kept = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if is_kept {
            percent.push(char::from(byte));
        } else {
            write!(percent, "%{byte:02x}").expect("a string takes all that is written");
        }
    }
    // In a query a space may be a plus.
    forms.insert(reduced(&percent.replace("%20", "+")).0);
    forms.insert(reduced(&percent).0);
    forms.insert(hex.into_bytes());
    for before in 0..3 {
        forms.insert(reduced(&base64(value.as_bytes(), before)).0);
    }
    forms
}

/// Escaped as in JSON or by `%q`; quotes and backslashes are reduced away.
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

/// What a careful writer of JSON escapes besides.
fn is_escaped(character: char) -> bool {
    !character.is_ascii() || matches!(character, '<' | '>' | '&')
}

/// The characters that the bytes alone decide, when so many others come
/// `before` them.
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

/// Names and values of all plain environment variables.
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
#[path = "redact_tests.rs"]
mod tests;
