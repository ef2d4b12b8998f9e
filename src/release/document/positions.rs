//! The positions of a document's values in its text.

use std::collections::BTreeMap;

use super::path::{Path, Step};
use crate::release::finding::Position;

/// The beginning of a text.
pub(super) const START: Position = Position { line: 1, column: 1 };

/// The position of a value and of the values inside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Positions {
    /// The start of the value.
    pub at: Option<Position>,
    pub inside: Inside,
}

/// The positions inside a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Inside {
    #[default]
    Nothing,
    Elements(Vec<Positions>),
    Members(BTreeMap<String, Member>),
}

/// The positions of one member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The start of the name.
    pub name: Option<Position>,
    pub value: Positions,
}

impl Positions {
    /// The start of the value at `path`. If there is no such value, the start
    /// of the innermost value around it.
    #[must_use]
    pub fn value(&self, path: &Path<'_>) -> Option<Position> {
        let mut here = self;
        for step in path.steps() {
            let Some(inner) = here.step(step) else {
                break;
            };
            here = inner;
        }
        here.at
    }

    /// The start of the name of the member at `path`. For anything but a
    /// member, the same as [`Positions::value`].
    #[must_use]
    pub fn name(&self, path: &Path<'_>) -> Option<Position> {
        let mut steps = path.steps();
        let Some(Step::Member(name)) = steps.pop() else {
            return self.value(path);
        };
        let parent = steps
            .into_iter()
            .try_fold(self, |here, step| here.step(step));
        let member = parent.and_then(|parent| parent.members()?.get(name));
        member.map_or_else(|| self.value(path), |member| member.name)
    }

    /// Where the first member stands whose name is looked for, outer ones first.
    pub(super) fn first_name(&self, is_wanted: &dyn Fn(&str) -> bool) -> Option<Position> {
        match &self.inside {
            Inside::Nothing => None,
            Inside::Elements(elements) => {
                let mut found = elements.iter().map(|inner| inner.first_name(is_wanted));
                found.find_map(|found| found)
            }
            Inside::Members(members) => {
                let wanted = members.iter().find(|(name, _)| is_wanted(name));
                let mut inner = members
                    .values()
                    .map(|inner| inner.value.first_name(is_wanted));
                match wanted {
                    Some((_, member)) => Some(member.name.or(self.at).unwrap_or(START)),
                    None => inner.find_map(|found| found),
                }
            }
        }
    }

    /// The positions of the value at `path`.
    pub(super) fn part(&self, path: &Path<'_>) -> Option<&Self> {
        let mut steps = path.steps().into_iter();
        steps.try_fold(self, |here, step| here.step(step))
    }

    fn step(&self, step: Step<'_>) -> Option<&Self> {
        match (&self.inside, step) {
            (_, Step::Root) => Some(self),
            (Inside::Elements(elements), Step::Index(index)) => elements.get(index),
            (Inside::Members(members), Step::Member(name)) => Some(&members.get(name)?.value),
            (Inside::Nothing, _)
            | (Inside::Elements(_), Step::Member(_))
            | (Inside::Members(_), Step::Index(_)) => None,
        }
    }

    fn members(&self) -> Option<&BTreeMap<String, Member>> {
        match &self.inside {
            Inside::Members(members) => Some(members),
            Inside::Nothing | Inside::Elements(_) => None,
        }
    }

    /// The positions of an object's members, to be modified along with the
    /// object.
    pub fn members_mut(&mut self) -> Option<&mut BTreeMap<String, Member>> {
        match &mut self.inside {
            Inside::Members(members) => Some(members),
            Inside::Nothing | Inside::Elements(_) => None,
        }
    }
}
