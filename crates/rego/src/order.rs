//! Orders the statements of a body so that each comes after those that bind its
//! variables. OPA does the same (`reorderBodyForSafety`). A variable that no
//! statement binds is an error, called "unsafe" in OPA.
//!
//! The algorithm is greedy: it repeatedly takes the first statement, in source
//! order, that can be evaluated with the variables bound so far.

use std::collections::BTreeSet;

use super::ir::{Head, Kind, Part, Place, Replacement, Slot, Statement, Term, Visit};

/// Statements that cannot be ordered.
pub(super) struct Unordered {
    /// The first statement that cannot be evaluated; `None` if a head cannot.
    pub(super) place: Option<Place>,
    pub(super) statements: Vec<Statement>,
}

/// Returns the statements in evaluation order. `own` are the body's own
/// variables; all others are bound already. The terms in `heads` must be bound
/// after all statements.
///
/// # Errors
///
/// The statements, if one of them or a head cannot be evaluated.
pub(super) fn ordered(
    own: &BTreeSet<Slot>,
    statements: Vec<Statement>,
    heads: &[&mut Term],
) -> Result<Vec<Statement>, Unordered> {
    let mut known = Known {
        own,
        bound: BTreeSet::new(),
    };
    let mut waiting = statements;
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let next = waiting.iter().position(|statement| {
            let before = known.bound.clone();
            let can = known.statement(statement);
            if !can {
                known.bound = before;
            }
            can
        });
        let Some(next) = next else {
            let place = waiting.first().map(|statement| statement.place);
            let statements = [ordered, waiting].concat();
            return Err(Unordered { place, statements });
        };
        ordered.push(waiting.remove(next));
    }
    match heads.iter().all(|head| known.evaluates(head)) {
        true => Ok(ordered),
        false => Err(Unordered {
            place: None,
            statements: ordered,
        }),
    }
}

/// The variables that have values so far.
struct Known<'a> {
    own: &'a BTreeSet<Slot>,
    bound: BTreeSet<Slot>,
}

impl Known<'_> {
    fn has(&self, slot: Slot) -> bool {
        !self.own.contains(&slot) || self.bound.contains(&slot)
    }

    fn statement(&mut self, statement: &Statement) -> bool {
        let with = statement.with.iter().all(|with| match &with.value {
            Replacement::Value(value) => self.evaluates(value),
            Replacement::Function(_) => true,
        });
        with && self.kind(&statement.kind)
    }

    fn kind(&mut self, kind: &Kind) -> bool {
        match kind {
            Kind::Holds(term) => self.evaluates(term),
            Kind::Unify(one, other) => self.unifies(one, other),
            Kind::Lift(slot, term) => {
                let can = self.has_all(|visit| term.each(visit));
                self.bound.insert(*slot);
                can
            }
            Kind::Not(_) | Kind::Print(_) => self.has_all(|visit| kind.each(visit)),
            Kind::SomeIn {
                key,
                value,
                collection,
            } => self.evaluates(collection) && self.matches(key) && self.matches(value),
            Kind::Every { domain, body, .. } => {
                self.evaluates(domain)
                    && self.has_all(|visit| body.iter().for_each(|s| s.each(visit)))
            }
        }
    }

    /// Whether all variables have values.
    fn has_all(&self, each: impl FnOnce(Visit<'_>)) -> bool {
        let mut all = true;
        each(&mut |part| {
            if let Part::Term(Term::Var(slot)) = part {
                all &= self.has(*slot);
            }
        });
        all
    }

    /// Whether a term can be evaluated. Unbound keys of its references are
    /// bound by that.
    fn evaluates(&mut self, term: &Term) -> bool {
        match term {
            Term::Const(_) => true,
            Term::Var(slot) => self.has(*slot),
            Term::Array(items) | Term::Set(items) => items.iter().all(|t| self.evaluates(t)),
            Term::Object(fields) => fields
                .iter()
                .all(|(key, value)| self.evaluates(key) && self.evaluates(value)),
            Term::Reference(reference) => {
                let head = match &reference.head {
                    Head::Input | Head::Data => true,
                    Head::Term(term) => self.evaluates(term),
                };
                head && reference.path.iter().all(|key| self.matches(key))
            }
            Term::Call(call) => call.arguments.iter().all(|t| self.evaluates(t)),
            Term::Comprehension(_) => self.has_all(|visit| term.each(visit)),
        }
    }

    /// Whether a value can be matched against a pattern, which binds the
    /// pattern's variables.
    fn matches(&mut self, pattern: &Term) -> bool {
        match pattern {
            Term::Var(slot) => {
                self.bound.insert(*slot);
                true
            }
            Term::Array(items) => items.iter().all(|item| self.matches(item)),
            Term::Object(fields) => fields
                .iter()
                .all(|(key, value)| self.evaluates(key) && self.matches(value)),
            Term::Const(_)
            | Term::Set(_)
            | Term::Reference(_)
            | Term::Call(_)
            | Term::Comprehension(_) => self.evaluates(pattern),
        }
    }

    fn unifies(&mut self, one: &Term, other: &Term) -> bool {
        // Sides that can never be equal bind nothing.
        let is_hopeless = match (one, other) {
            (Term::Array(ones), Term::Array(others)) => ones.len() != others.len(),
            (Term::Object(ones), Term::Object(others)) => {
                let has = |fields: &[(Term, Term)], key: &Term| {
                    let Term::Const(key) = key else { return true };
                    fields.iter().any(|(other, _)| match other {
                        Term::Const(other) => other == key,
                        _ => true,
                    })
                };
                ones.iter().any(|(key, _)| !has(others, key))
                    || others.iter().any(|(key, _)| !has(ones, key))
            }
            _ => false,
        };
        if is_hopeless {
            return self.evaluates(one) && self.evaluates(other);
        }
        let before = self.bound.clone();
        for (value, pattern) in [(one, other), (other, one)] {
            if self.evaluates(value) && self.matches(pattern) {
                return true;
            }
            self.bound.clone_from(&before);
        }
        match (one, other) {
            (Term::Array(ones), Term::Array(others)) if ones.len() == others.len() => {
                self.pairs(ones.iter().zip(others).collect())
            }
            (Term::Object(ones), Term::Object(others)) => {
                let pair = |(key, one): &(Term, Term)| {
                    let Term::Const(key) = key else { return None };
                    let other = others.iter().find_map(|(other, value)| match other {
                        Term::Const(other) if other == key => Some(value),
                        _ => None,
                    });
                    Some((one.clone(), other?.clone()))
                };
                let pairs: Option<Vec<(Term, Term)>> = ones.iter().map(pair).collect();
                pairs.is_some_and(|pairs| self.pairs(pairs.iter().map(|(a, b)| (a, b)).collect()))
            }
            _ => false,
        }
    }

    fn pairs(&mut self, mut waiting: Vec<(&Term, &Term)>) -> bool {
        while !waiting.is_empty() {
            let next = waiting
                .iter()
                .position(|(one, other)| self.unifies(one, other));
            let Some(next) = next else { return false };
            waiting.remove(next);
        }
        true
    }
}
