//! Rejects rules that depend on themselves, as OPA does.

use std::collections::BTreeSet;

use super::ir::{Callee, Clause, Head, Kind, Program, Replacement, Rule, Statement, Target, Term};

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
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

struct Needs<'a> {
    program: &'a Program,
    groups: BTreeSet<usize>,
}

impl Needs<'_> {
    fn rule(&mut self, rule: &Rule) {
        rule.arguments
            .iter()
            .chain(&rule.keys)
            .for_each(|term| self.term(term));
        for Clause { body, value, .. } in &rule.clauses {
            self.body(body);
            self.term(value);
        }
    }

    fn body(&mut self, body: &[Statement]) {
        for statement in body {
            self.kind(&statement.kind);
            for with in &statement.with {
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
                match &with.value {
                    Replacement::Value(term) => self.term(term),
                    Replacement::Function(callee) => self.callee(callee),
                }
            }
        }
    }

    fn kind(&mut self, kind: &Kind) {
        match kind {
            Kind::Holds(term) | Kind::Lift(_, term) => self.term(term),
            Kind::Unify(one, other) => {
                self.term(one);
                self.term(other);
            }
            Kind::Not(kind) => self.kind(kind),
            Kind::SomeIn {
                key,
                value,
                collection,
            } => {
                key.iter()
                    .chain([value, collection])
                    .for_each(|term| self.term(term));
            }
            Kind::Every { domain, body, .. } => {
                self.term(domain);
                self.body(body);
            }
            Kind::Print(terms) => terms.iter().for_each(|term| self.term(term)),
        }
    }

    fn term(&mut self, term: &Term) {
        match term {
            Term::Const(_) | Term::Var(_) => {}
            Term::Array(items) | Term::Set(items) => items.iter().for_each(|t| self.term(t)),
            Term::Object(fields) => fields.iter().for_each(|(key, value)| {
                self.term(key);
                self.term(value);
            }),
            Term::Reference(reference) => {
                match &reference.head {
                    Head::Input => {}
                    Head::Data => self.below(0, &reference.path),
                    Head::Term(term) => self.term(term),
                }
                reference.path.iter().for_each(|term| self.term(term));
            }
            Term::Call(call) => {
                self.callee(&call.callee);
                call.arguments.iter().for_each(|term| self.term(term));
            }
            Term::Comprehension(comprehension) => {
                comprehension.key.iter().for_each(|term| self.term(term));
                self.term(&comprehension.value);
                self.body(&comprehension.body);
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
