//! What was evaluated, and which rules gave something.

use std::collections::BTreeSet;

use super::super::ir::{Clause, Place};
use super::Machine;

/// What was evaluated since [`Machine::watch`].
#[derive(Clone, Default)]
pub struct Coverage {
    /// The lines of statements.
    lines: BTreeSet<Place>,
    /// The rules that added something to a set, or gave a collection that is
    /// not empty.
    fired: BTreeSet<Place>,
}

impl Coverage {
    pub fn extend(&mut self, other: Self) {
        self.lines.extend(other.lines);
        self.fired.extend(other.fired);
    }
}

/// A rule as it is written, one of several of its name.
pub struct Definition {
    /// Its path without `data.`.
    pub name: String,
    pub file: String,
    pub line: u32,
    pub has_body: bool,
    place: Place,
    /// The lines of its statements.
    lines: BTreeSet<Place>,
}

impl Definition {
    /// Whether each of its statements was evaluated.
    pub fn is_whole(&self, coverage: &Coverage) -> bool {
        self.lines.is_subset(&coverage.lines)
    }

    pub fn has_fired(&self, coverage: &Coverage) -> bool {
        coverage.fired.contains(&self.place)
    }

    /// File and line.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

impl Machine {
    /// Records from now on what is evaluated.
    pub fn watch(&mut self) {
        self.coverage = Some(Coverage::default());
    }

    /// Takes what was recorded.
    pub fn take_coverage(&mut self) -> Coverage {
        self.coverage.take().unwrap_or_default()
    }

    pub(super) fn reach(&mut self, place: Place) {
        if let Some(coverage) = &mut self.coverage {
            coverage.lines.insert(place);
        }
    }

    pub(super) fn fire(&mut self, place: Place) {
        if let Some(coverage) = &mut self.coverage {
            coverage.fired.insert(place);
        }
    }

    /// All rules but defaults, in the order of the files.
    pub fn definitions(&self) -> Vec<Definition> {
        let program = &self.program;
        let of_group = program.groups.iter().flat_map(|group| {
            group.rules.iter().map(|rule| {
                let statements = rule.clauses.iter().flat_map(|Clause { body, .. }| body);
                let lines: BTreeSet<Place> = statements.map(|it| it.place).collect();
                Definition {
                    name: group.path.join("."),
                    file: program.files[rule.place.file].clone(),
                    line: rule.place.line,
                    has_body: !lines.is_empty(),
                    place: rule.place,
                    lines,
                }
            })
        });
        let mut all: Vec<Definition> = of_group.collect();
        all.sort_by_key(|definition| definition.place);
        all
    }
}
