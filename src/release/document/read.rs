//! Parses a file of the bundle into a document, or reports its problems.

use std::fmt;

use serde_json::Value;

use super::json::{Parsed, Repeated};
use super::path::{Path, Step};
use super::positions::Positions;
use super::{json, text, yaml};
use crate::job::Excerpt;
use crate::job::request::FileRef;
use crate::release::bundle::Bundle;
use crate::release::finding::{
    Finding, FindingKind, Place, Position, SyntaxCause, SyntaxProblem, TextProblem,
};

/// How the names begin that `serde_json` gives to a number inside itself. An
/// object with such a member would be read as a number further on, and policies
/// would judge another value than the one that is registered.
const RESERVED: &str = "$serde_json::private::";

/// A parsed file.
#[derive(Clone)]
pub struct Document {
    pub value: Value,
    pub positions: Positions,
    pub comment: Option<Position>,
    /// Members that occur more than once in their object.
    pub repeated: Vec<Repeated>,
    /// The artifact and the file, without a position.
    pub origin: Place,
}

/// Omits the value.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Document").field(&self.origin).finish()
    }
}

impl Document {
    /// Reads a file that must be JSON. Comments are allowed.
    ///
    /// # Errors
    ///
    /// Every problem of the file's text.
    pub fn json(bundle: &Bundle, file: &FileRef) -> Result<Self, Vec<Finding>> {
        Self::json_by(bundle, file, json::parse)
    }

    fn json_by(
        bundle: &Bundle,
        file: &FileRef,
        parse: impl FnOnce(&str) -> Result<Parsed, Vec<SyntaxProblem>>,
    ) -> Result<Self, Vec<Finding>> {
        let origin = Place::file(file);
        let text = source(bundle, file, &origin)?;
        let parsed = parse(text).map_err(|problems| {
            if is_yaml(text) {
                let place = origin.clone();
                return vec![Finding::error(place, SyntaxCause::YamlForJson)];
            }
            findings(problems, &origin)
        })?;
        Self::new(parsed, origin)
    }

    /// Reads a file that is JSON, or YAML of a wanted kind. The short form of
    /// CloudFormation's functions (`!Ref`) is read as their long form.
    ///
    /// # Errors
    ///
    /// Every problem of the file's text.
    pub fn json_or_wanted_yaml(
        bundle: &Bundle,
        file: &FileRef,
        is_wanted: impl FnOnce(&Value) -> bool,
    ) -> Result<Self, Vec<Finding>> {
        Self::json_by(bundle, file, |text| {
            json::parse(text).or_else(|problems| match wanted_yaml(text, is_wanted)? {
                Some(parsed) => Ok(parsed),
                None => Err(problems),
            })
        })
    }

    /// Reads a file that is JSON or YAML, whatever its name says.
    ///
    /// # Errors
    ///
    /// Every problem of the file's text, in the language that its beginning
    /// suggests.
    pub fn json_or_yaml(bundle: &Bundle, file: &FileRef) -> Result<Self, Vec<Finding>> {
        let origin = Place::file(file);
        let text = source(bundle, file, &origin)?;
        let starts_as_json = text.trim_start().starts_with(['{', '[', '/']);
        let parsed = if starts_as_json {
            // A YAML document may also begin with a brace.
            json::parse(text).or_else(|problems| yaml::parse(text).map_err(|_| problems))
        } else {
            yaml::parse(text)
        };
        let parsed = parsed.map_err(|problems| findings(problems, &origin))?;
        Self::new(parsed, origin)
    }

    /// A document that does not come from a file, such as a registered
    /// revision.
    #[must_use]
    pub fn without_text(value: Value, origin: Place) -> Self {
        Self {
            value,
            positions: Positions::default(),
            comment: None,
            repeated: Vec::new(),
            origin,
        }
    }

    fn new(parsed: Parsed, origin: Place) -> Result<Self, Vec<Finding>> {
        let is_reserved = |name: &str| name.starts_with(RESERVED);
        if let Some(position) = parsed.positions.first_name(&is_reserved) {
            let cause = SyntaxCause::ReservedName;
            return Err(findings(vec![SyntaxProblem { position, cause }], &origin));
        }
        Ok(Self {
            value: parsed.value,
            positions: parsed.positions,
            comment: parsed.comment,
            repeated: parsed.repeated,
            origin,
        })
    }

    /// The part at `path` as a document of its own; `None` if there is none.
    #[must_use]
    pub fn part(&self, path: &Path<'_>) -> Option<Self> {
        let mut value = &self.value;
        for step in path.steps() {
            value = match step {
                Step::Root => value,
                Step::Member(name) => value.get(name)?,
                Step::Index(index) => value.get(index)?,
            };
        }
        Some(Self {
            value: value.clone(),
            positions: self.positions.part(path).cloned().unwrap_or_default(),
            comment: None,
            repeated: Vec::new(),
            origin: self.origin.clone(),
        })
    }

    /// Warnings about members that occur more than once in their object.
    pub fn repeated_members(&self) -> impl Iterator<Item = Finding> {
        self.repeated.iter().map(|repeated| {
            let place = Place {
                position: repeated.at,
                ..self.origin.clone()
            };
            let cause = SyntaxCause::MemberTwice {
                name: Excerpt::of(&repeated.name),
                first: repeated.first,
            };
            Finding::warning(place, cause)
        })
    }

    /// The place of a value.
    #[must_use]
    pub fn place(&self, path: &Path<'_>) -> Place {
        self.place_at(path, self.positions.value(path))
    }

    /// The place of a member's name.
    #[must_use]
    pub fn place_of_name(&self, path: &Path<'_>) -> Place {
        self.place_at(path, self.positions.name(path))
    }

    fn place_at(&self, path: &Path<'_>, position: Option<Position>) -> Place {
        let path = path.to_string();
        Place {
            position,
            path: (!path.is_empty()).then(|| shortened(&path)),
            ..self.origin.clone()
        }
    }
}

/// Maximum length of a path in a message, in characters.
const MAX_PATH: usize = 300;

/// Keeps the end of a path, which is more specific than its beginning.
fn shortened(path: &str) -> String {
    match path.char_indices().rev().nth(MAX_PATH) {
        Some((start, _)) => {
            let end: String = path[start..].chars().skip(1).collect();
            format!("…{end}")
        }
        None => path.to_owned(),
    }
}

fn source<'a>(bundle: &'a Bundle, file: &FileRef, origin: &Place) -> Result<&'a str, Vec<Finding>> {
    let unreadable = |kind: FindingKind| vec![Finding::error(origin.clone(), kind)];
    let bytes = match bundle.files.get(file) {
        Some(Ok(bytes)) => bytes,
        Some(Err(why)) => return Err(unreadable(FindingKind::Unreadable(why.clone()))),
        None => return Err(unreadable(FindingKind::NotFetched)),
    };
    text::decode(bytes).map_err(|problem| {
        let position = match &problem {
            TextProblem::NotUtf8 { position }
            | TextProblem::Nul { position }
            | TextProblem::MergeConflict { position } => Some(*position),
            TextProblem::Empty | TextProblem::Utf16 | TextProblem::GitLfsPointer => None,
        };
        let place = Place {
            position,
            ..origin.clone()
        };
        vec![Finding::error(place, problem)]
    })
}

/// Whether a text that is not JSON is a YAML mapping.
fn is_yaml(text: &str) -> bool {
    !begins_as_json(text) && yaml::parse(text).is_ok_and(|parsed| parsed.value.is_object())
}

/// Parses YAML of a wanted kind; `None` if the text is anything else.
///
/// # Errors
///
/// The text exceeds the limits for YAML.
fn wanted_yaml(
    text: &str,
    is_wanted: impl FnOnce(&Value) -> bool,
) -> Result<Option<Parsed>, Vec<SyntaxProblem>> {
    if begins_as_json(text) {
        return Ok(None);
    }
    match yaml::parse_long_form(text) {
        Ok(parsed) => Ok(Some(parsed).filter(|parsed| is_wanted(&parsed.value))),
        Err(problems) if problems[0].cause == SyntaxCause::TooMuchYaml => Err(problems),
        Err(_) => Ok(None),
    }
}

/// Whether this is a CloudFormation template, by its structure and never by a
/// word in the text: it has a format version, or `Resources` that are
/// an object. The `Resources` of an AppSpec are a list.
#[must_use]
pub fn is_template(value: &Value) -> bool {
    value.get("AWSTemplateFormatVersion").is_some()
        || value.get("Resources").is_some_and(Value::is_object)
}

fn begins_as_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '/', '"'])
}

fn findings(problems: Vec<SyntaxProblem>, origin: &Place) -> Vec<Finding> {
    let place = |position| Place {
        position: Some(position),
        ..origin.clone()
    };
    problems
        .into_iter()
        .map(|SyntaxProblem { position, cause }| Finding::error(place(position), cause))
        .collect()
}
