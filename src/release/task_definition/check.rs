//! Checks the task definition against the members that this build knows.

use serde_json::{Map, Number, Value};

use super::integer::integer;
use super::schema::{MemberTypes, Shape, TASK_DEFINITION};
use crate::job::{Excerpt, nearest};
use crate::release::document::{Document, Path};
use crate::release::finding::{Expected, Findings, TaskDefinitionFinding, ValueKind};

/// Reports values of the wrong type as errors. Reports unknown names and words
/// as notes, because they may be newer than this build, or as warnings if they
/// look like a mistake.
pub(super) fn check(document: &Document, findings: &mut Findings) {
    Checker { document, findings }.value(&document.value, &TASK_DEFINITION, &Path::ROOT);
}

struct Checker<'a> {
    document: &'a Document,
    findings: &'a mut Findings,
}

impl Checker<'_> {
    fn value(&mut self, value: &Value, shape: &Shape, path: &Path<'_>) {
        match (shape, value) {
            (Shape::Text, Value::String(_)) | (Shape::Boolean, Value::Bool(_)) => {}
            (Shape::Integer, Value::Number(number)) if fits(number) => {
                if !number.is_i64() {
                    let finding = TaskDefinitionFinding::NotInDigits;
                    self.findings.warning(self.document.place(path), finding);
                }
            }
            (Shape::Word(known), Value::String(word)) => self.word(word, known, path),
            (Shape::List(element), Value::Array(elements)) => {
                for (index, value) in elements.iter().enumerate() {
                    self.value(value, element, &path.index(index));
                }
            }
            (Shape::TextMap, Value::Object(members)) => {
                for (name, value) in members {
                    self.value(value, &Shape::Text, &path.member(name));
                }
            }
            (Shape::Object(known), Value::Object(members)) => self.members(members, known, path),
            (Shape::ObjectWithRequired(required, known), Value::Object(members)) => {
                for member in required.iter().filter(|name| !members.contains_key(**name)) {
                    let place = self.document.place(&path.member(member));
                    self.findings
                        .error(place, TaskDefinitionFinding::Missing { member });
                }
                self.members(members, known, path);
            }
            (shape, value) => {
                let finding = TaskDefinitionFinding::WrongType {
                    expected: expected(shape),
                    found: ValueKind::of(value),
                };
                self.findings.error(self.document.place(path), finding);
            }
        }
    }

    fn members(&mut self, members: &Map<String, Value>, known: &MemberTypes, path: &Path<'_>) {
        for (name, value) in members {
            let path = path.member(name);
            match known.iter().find(|(member, _)| member == name) {
                Some((_, shape)) => self.value(value, shape, &path),
                None => self.unknown(name, known, &path),
            }
        }
    }

    fn word(&mut self, word: &str, known: &'static [&'static str], path: &Path<'_>) {
        // A placeholder is reported elsewhere.
        if known.contains(&word) || crate::release::placeholder::first(word).is_some() {
            return;
        }
        let finding = TaskDefinitionFinding::UnknownWord {
            found: Excerpt::of(word),
            known,
            nearest: nearest(word, known.iter().copied()),
        };
        self.findings.warning(self.document.place(path), finding);
    }

    fn unknown(&mut self, name: &str, known: &MemberTypes, path: &Path<'_>) {
        let nearest = nearest(name, known.iter().map(|(member, _)| *member));
        let finding = TaskDefinitionFinding::UnknownMember {
            name: Excerpt::of(name),
            nearest,
        };
        let place = self.document.place_of_name(path);
        if nearest.is_some() {
            self.findings.warning(place, finding);
        } else {
            self.findings.note(place, finding);
        }
    }
}

/// ECS's integers have 32 bits.
fn fits(number: &Number) -> bool {
    integer(number).is_some_and(|integer| i32::try_from(integer).is_ok())
}

fn expected(shape: &Shape) -> Expected {
    match shape {
        Shape::Text | Shape::Word(_) => Expected::Text,
        Shape::Integer => Expected::Integer,
        Shape::Boolean => Expected::Boolean,
        Shape::List(Shape::Text | Shape::Word(_)) => Expected::Texts,
        Shape::List(
            Shape::Object([(first, _), (second, _)])
            | Shape::ObjectWithRequired(_, [(first, _), (second, _)]),
        ) => Expected::Pairs(first, second),
        Shape::List(_) => Expected::List,
        Shape::TextMap | Shape::Object(_) | Shape::ObjectWithRequired(..) => Expected::Object,
    }
}
