//! Rejects rules that depend on themselves, as OPA does.

use std::collections::BTreeSet;

use super::ir::{Callee, Head, Part, Program, Replacement, Rule, Target, Term};
use super::problems::unless;

/// Checks the dependency graph of all groups for cycles.
///
/// # Errors
///
/// Each group on a cycle, with its place.
pub(super) fn check(program: &Program) -> Result<(), Vec<String>> {
    let needs: Vec<BTreeSet<usize>> = program
        .groups
        .iter()
        .map(|group| {
            let mut found = Needs {
                program,
                groups: BTreeSet::new(),
            };
            let rules = group.rules.iter().chain(group.default.as_deref());
            rules.for_each(|rule| found.rule(rule));
            found.groups
        })
        .collect();
    let mut problems = Vec::new();
    let mut done = BTreeSet::new();
    for group in 0..needs.len() {
        let mut reached = BTreeSet::new();
        let mut waiting: Vec<usize> = needs[group].iter().copied().collect();
        while let Some(next) = waiting.pop() {
            if reached.insert(next) && !done.contains(&next) {
                waiting.extend(&needs[next]);
            }
        }
        match reached.contains(&group) {
            true => problems.push(format!(
                "{}: `{}` depends on itself",
                program.place(program.groups[group].place),
                program.groups[group].path.join(".")
            )),
            // A group that is not on a cycle cannot lead back to any group that
            // leads to it, so later searches stop at it.
            false => {
                done.insert(group);
            }
        }
    }
    unless(problems, ())
}

struct Needs<'a> {
    program: &'a Program,
    groups: BTreeSet<usize>,
}

impl Needs<'_> {
    fn rule(&mut self, rule: &Rule) {
        let visit = &mut |part: Part<'_>| self.part(part);
        let patterns = rule.arguments.iter().chain(&rule.keys);
        patterns.for_each(|term| term.each(visit));
        for clause in &rule.clauses {
            clause.body.iter().for_each(|it| it.each(visit));
            clause.value.each(visit);
        }
    }

    fn part(&mut self, part: Part<'_>) {
        match part {
            Part::Term(Term::Reference(reference)) => {
                if let Head::Data = &reference.head {
                    self.below(0, &reference.path);
                }
            }
            Part::Term(Term::Call(call)) => self.callee(&call.callee),
            Part::Term(_) => {}
            Part::With(with) => {
                match &with.target {
                    Target::Input(_) | Target::Builtin(_) => {}
                    Target::Function(group) => {
                        self.groups.insert(*group);
                    }
                    Target::Data(path) => {
                        let path = path.iter().map(|part| Term::Const(part.as_str().into()));
                        self.below(0, &path.collect::<Vec<Term>>());
                    }
                }
                if let Replacement::Function(callee) = &with.value {
                    self.callee(callee);
                }
            }
        }
    }

    fn callee(&mut self, callee: &Callee) {
        if let Callee::Rule(group) = callee {
            self.groups.insert(*group);
        }
    }

    /// Adds every group that a reference may read. A key that is not constant
    /// may select any child.
    fn below(&mut self, node: usize, path: &[Term]) {
        let this = &self.program.nodes[node];
        self.groups.extend(this.group);
        match path.split_first() {
            Some((Term::Const(key), rest)) if this.group.is_none() => {
                let child = key
                    .as_string()
                    .ok()
                    .and_then(|key| this.children.get(&**key));
                if let Some(child) = child {
                    self.below(*child, rest);
                }
            }
            Some((_, rest)) if this.group.is_none() => {
                this.children
                    .values()
                    .for_each(|child| self.below(*child, rest));
            }
            _ => this
                .children
                .values()
                .for_each(|child| self.below(*child, &[])),
        }
    }
}
