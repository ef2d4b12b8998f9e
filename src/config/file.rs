//! The settings layer read from a TOML file.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::SettingProblem;
use super::key::Key;
use super::keys::KEYS;
use crate::job::nearest;

/// Maximum size of a configuration file in bytes; a usual one has a dozen lines.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Maps a key to its place and text.
pub(super) type Layer = BTreeMap<&'static str, (String, String)>;

/// Reads the file's settings. Every value is converted to text, as in the
/// environment.
pub(super) fn layer(path: &Path, problems: &mut Vec<SettingProblem>) -> Layer {
    let name = path.display().to_string();
    match read_bounded(path) {
        Ok(text) => File { name, text: &text }.read(problems),
        Err(what) => {
            problems.push(SettingProblem { place: name, what });
            Layer::new()
        }
    }
}

struct File<'a> {
    name: String,
    text: &'a str,
}

impl File<'_> {
    fn read(&self, problems: &mut Vec<SettingProblem>) -> Layer {
        let mut layer = Layer::new();
        let (table, errors) = DeTable::parse_recoverable(self.text);
        problems.extend(errors.into_iter().map(|error| SettingProblem {
            place: match error.span() {
                Some(span) => self.at(span),
                None => self.name.clone(),
            },
            what: self.of_key(error.span(), error.message()),
        }));
        let mut members: Vec<_> = table.into_inner().into_iter().collect();
        members.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in members {
            let place = self.at(name.span());
            let name = name.into_inner();
            let Some(key) = KEYS.iter().find(|key| key.name == name) else {
                let what = match value.get_ref() {
                    DeValue::Table(_) => {
                        format!("[{name}]: no such table; keys stand at the top, without tables")
                    }
                    DeValue::String(_)
                    | DeValue::Integer(_)
                    | DeValue::Float(_)
                    | DeValue::Boolean(_)
                    | DeValue::Datetime(_)
                    | DeValue::Array(_) => {
                        let meant = nearest(&name, KEYS.iter().map(|key| key.name));
                        let meant = meant.map(|meant| format!("; did you mean `{meant}`?"));
                        format!("{name}: no such key{}", meant.unwrap_or_default())
                    }
                };
                problems.push(SettingProblem { place, what });
                continue;
            };
            match text_of(key, &value) {
                Ok(text) => {
                    layer.insert(key.name, (place, text));
                }
                Err(what) => {
                    let (place, what) = (self.at(value.span()), format!("{name}: {what}"));
                    problems.push(SettingProblem { place, what });
                }
            }
        }
        layer
    }

    /// Prefixes the message with the key that it concerns, if there is one.
    fn of_key(&self, span: Option<Range<usize>>, what: &str) -> String {
        let text = span
            .and_then(|span| self.text.get(span))
            .unwrap_or_default();
        match KEYS.iter().find(|key| key.name == text) {
            Some(key) => format!("{}: {what}", key.name),
            None => what.to_owned(),
        }
    }

    /// File, line and column.
    fn at(&self, span: Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("{}:{line}:{column}", self.name)
    }
}

fn text_of(key: &Key, value: &Spanned<DeValue<'_>>) -> Result<String, String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.clone().into_owned()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        DeValue::Array(items) => match key.separator {
            Some(separator) => joined(items, separator),
            None => Err("expected a string, not a list".into()),
        },
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Table(_) => Err("expected a string, in quotation marks".into()),
    }
}

fn joined(items: &DeArray<'_>, separator: &str) -> Result<String, String> {
    let mut texts = Vec::new();
    for item in items {
        match item.get_ref() {
            DeValue::String(text) if !is_split(text, separator) => texts.push(text.as_ref()),
            DeValue::String(text) => {
                return Err(format!(
                    "`{text}` contains a `{separator}`, which separates items"
                ));
            }
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => return Err("expected a list of strings".into()),
        }
    }
    Ok(texts.join(separator))
}

/// Whether a list item contains the separator, which would split it in two.
/// The colon of `s3://` does not count.
fn is_split(text: &str, separator: &str) -> bool {
    let rest = text.strip_prefix("s3://").unwrap_or(text);
    rest.contains(separator)
}

fn read_bounded(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| format!("cannot be read: {error}"))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("has more than {MAX_FILE_BYTES} bytes"));
    }
    Ok(text)
}
