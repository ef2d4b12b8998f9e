//! Type inference, to reject what OPA's type checker rejects: a comparison that
//! can never hold, a member of a value that has none, an argument that a
//! function never takes. Each of these would be a rule that never fires.
//!
//! Types are inferred per group, on demand: recursion has been excluded before.
//! Variables get their types in evaluation order.

mod term;

use std::collections::BTreeMap;

use regorus::Value;

use super::ir::{Callee, Kind, Place, Program, Replacement, Rule, Shape, Slot, Statement, Term};
use super::problems::unless;
use super::types::{Key, Type};

/// Checks every rule.
///
/// # Errors
///
/// Each statement that OPA would reject.
pub(super) fn check(program: &Program) -> Result<(), Vec<String>> {
    let mut typing = Typing {
        program,
        groups: BTreeMap::new(),
        problems: Vec::new(),
    };
    for group in 0..program.groups.len() {
        typing.group(group);
    }
    let mut problems = typing.problems;
    problems.sort();
    problems.dedup();
    let shown = |(place, what): (Place, String)| {
        format!(
            "{}: {what} (OPA's type checker refuses it)",
            program.place(place)
        )
    };
    let problems: Vec<String> = problems.into_iter().map(shown).collect();
    unless(problems, ())
}

/// The types of a group: of its arguments, and of its value.
#[derive(Clone)]
struct Known {
    arguments: Vec<Type>,
    value: Type,
}

struct Typing<'a> {
    program: &'a Program,
    groups: BTreeMap<usize, Known>,
    problems: Vec<(Place, String)>,
}

/// The types of a rule's variables, by slot; `None` until the variable is
/// bound.
type Variables = Vec<Option<Type>>;

impl Typing<'_> {
    fn group(&mut self, group: usize) -> Known {
        if let Some(known) = self.groups.get(&group) {
            return known.clone();
        }
        let program = self.program;
        let this = &program.groups[group];
        let rules: Vec<&Rule> = this.rules.iter().chain(this.default.as_deref()).collect();
        let found: Vec<Known> = rules
            .iter()
            .map(|rule| self.rule(rule, this.shape))
            .collect();
        let count = found.first().map_or(0, |known| known.arguments.len());
        let argument = |at: usize| {
            let of = found
                .iter()
                .filter_map(|known| known.arguments.get(at).cloned());
            Type::one_of(of)
        };
        let values = found.iter().map(|known| known.value.clone());
        let value = match this.shape {
            Shape::Set => Type::Set(Box::new(Type::one_of(values))),
            Shape::Complete | Shape::Object | Shape::Function(_) => Type::one_of(values),
        };
        let known = Known {
            arguments: (0..count).map(argument).collect(),
            value,
        };
        self.groups.insert(group, known.clone());
        known
    }

    fn rule(&mut self, rule: &Rule, shape: Shape) -> Known {
        let (mut values, mut arguments) = (Vec::new(), Vec::new());
        for clause in &rule.clauses {
            // Each clause infers its own types for the arguments.
            let mut variables: Variables = vec![None; rule.slots];
            self.body(&mut variables, &clause.body);
            let value = self.term(&mut variables, &clause.value, clause.place);
            values.push(match (shape, rule.keys.as_slice()) {
                (Shape::Object, [key]) if !rule.contains => {
                    let key = self.term(&mut variables, key, clause.place);
                    Type::object_of(key, value)
                }
                (Shape::Object, _) => Type::object_of(Type::Any, Type::Any),
                (Shape::Complete | Shape::Set | Shape::Function(_), _) => value,
            });
            let patterns = rule.arguments.iter();
            arguments.push(
                patterns
                    .map(|pattern| of_pattern(&variables, pattern))
                    .collect(),
            );
        }
        let argument = |at: usize| {
            let of = arguments.iter().map(|of: &Vec<Type>| of[at].clone());
            Type::one_of(of)
        };
        Known {
            arguments: (0..rule.arguments.len()).map(argument).collect(),
            value: Type::one_of(values),
        }
    }

    fn body(&mut self, variables: &mut Variables, body: &[Statement]) {
        for statement in body {
            for with in &statement.with {
                if let Replacement::Value(value) = &with.value {
                    self.term(variables, value, statement.place);
                }
            }
            self.kind(variables, &statement.kind, statement.place);
        }
    }

    fn kind(&mut self, variables: &mut Variables, kind: &Kind, place: Place) {
        match kind {
            // A comparison within a term takes values of any types, as in OPA.
            Kind::Holds(Term::Call(call)) if is_equal(&call.callee) => {
                let [one, other] = call.arguments.as_slice() else {
                    return;
                };
                self.unify(variables, one, other, call.place);
            }
            Kind::Holds(term) => {
                self.term(variables, term, place);
            }
            Kind::Unify(one, other) => self.unify(variables, one, other, place),
            Kind::Lift(slot, term) => {
                variables[*slot] = Some(self.term(variables, term, place));
            }
            Kind::Not(kind) => self.kind(variables, kind, place),
            Kind::SomeIn {
                key,
                value,
                collection,
            } => {
                let of = self.term(variables, collection, place);
                if !of.is_collection() {
                    self.problem(
                        place,
                        "this looks for a member in a value that is not a collection",
                    );
                }
                self.pattern(variables, key, &of.keys(), place);
                self.pattern(variables, value, &of.elements(), place);
            }
            Kind::Every {
                key,
                value,
                domain,
                body,
            } => {
                let of = self.term(variables, domain, place);
                variables[*key] = Some(of.keys());
                variables[*value] = Some(of.elements());
                self.body(variables, body);
            }
            Kind::Print(terms) => terms.iter().for_each(|term| {
                self.term(variables, term, place);
            }),
        }
    }

    fn problem(&mut self, place: Place, what: &str) {
        self.problems.push((place, what.to_owned()));
    }

    fn unify(&mut self, variables: &mut Variables, one: &Term, other: &Term, place: Place) {
        match (one, other) {
            (Term::Array(ones), Term::Array(others)) if ones.len() == others.len() => {
                for (one, other) in ones.iter().zip(others) {
                    self.unify(variables, one, other, place);
                }
            }
            _ if is_new(variables, one) => {
                let of = self.term(variables, other, place);
                self.pattern(variables, one, &of, place);
            }
            _ => {
                let of = self.term(variables, one, place);
                self.pattern(variables, other, &of, place);
            }
        }
    }

    /// Matches a pattern against a type: gives its unbound variables their
    /// types, and reports a pattern that can never match.
    fn pattern(&mut self, variables: &mut Variables, pattern: &Term, of: &Type, place: Place) {
        match pattern {
            Term::Var(slot) if variables[*slot].is_none() => {
                variables[*slot] = Some(of.clone());
            }
            Term::Array(items) if is_new(variables, pattern) => {
                let fits = Type::Array(vec![Type::Any; items.len()], None).meets(of);
                if !fits {
                    self.problem(
                        place,
                        "an array is compared with what can be none of its length",
                    );
                }
                for (index, item) in items.iter().enumerate() {
                    let element = of.member(&Key::Known(&Value::from(index)));
                    self.pattern(variables, item, &element.unwrap_or(Type::Any), place);
                }
            }
            Term::Object(fields) if is_new(variables, pattern) => {
                for (key, value) in fields {
                    let element = match key {
                        Term::Const(key) => of.member(&Key::Known(key)),
                        _ => None,
                    };
                    self.pattern(variables, value, &element.unwrap_or(Type::Any), place);
                }
            }
            _ => {
                let this = self.term(variables, pattern, place);
                if !this.meets(of) {
                    self.compared(place, of, &this);
                }
            }
        }
    }

    fn compared(&mut self, place: Place, one: &Type, other: &Type) {
        let what = format!("{} is compared with {}", described(one), described(other));
        self.problem(place, &what);
    }
}

fn is_equal(callee: &Callee) -> bool {
    matches!(callee, Callee::Builtin(function) if function.name == "equal")
}

fn is_new(variables: &Variables, pattern: &Term) -> bool {
    pattern.is_open(&|slot| variables[slot].is_some())
}

/// The type that an argument pattern accepts, given the variables' types.
fn of_pattern(variables: &Variables, pattern: &Term) -> Type {
    let of = |slot: Slot| variables[slot].clone().unwrap_or(Type::Any);
    match pattern {
        Term::Const(value) => Type::of(value),
        Term::Var(slot) => of(*slot),
        Term::Array(items) => {
            let items = items.iter().map(|item| of_pattern(variables, item));
            Type::array(items.collect())
        }
        Term::Object(fields) => {
            let mut fixed = BTreeMap::new();
            for (key, value) in fields {
                let Term::Const(key) = key else {
                    return Type::Any;
                };
                fixed.insert(key.clone(), of_pattern(variables, value));
            }
            Type::object(fixed)
        }
        Term::Set(_) | Term::Reference(_) | Term::Call(_) | Term::Comprehension(_) => Type::Any,
    }
}

fn described(this: &Type) -> &'static str {
    match this {
        Type::Any => "anything",
        Type::Null => "null",
        Type::Bool => "a truth",
        Type::Number => "a number",
        Type::Text => "a text",
        Type::Array(..) => "an array",
        Type::Object(..) => "an object",
        Type::Set(_) => "a set",
        Type::OneOf(_) => "one of several kinds",
    }
}
