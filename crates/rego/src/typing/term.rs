//! Type inference for terms.

use std::collections::BTreeMap;

use regorus::Value;

use super::super::builtins::signatures::Signature;
use super::super::ir::{Callee, Collection, Comprehension, Head, Place, Reference, Term};
use super::super::types::{self, Key, Type};
use super::{Typing, Variables, described, is_new};

impl Typing<'_> {
    pub(super) fn term(&mut self, variables: &mut Variables, term: &Term, place: Place) -> Type {
        match term {
            Term::Const(value) => Type::of(value),
            Term::Var(slot) => variables[*slot].clone().unwrap_or(Type::Any),
            Term::Array(items) => {
                let items = items.iter().map(|item| self.term(variables, item, place));
                Type::array(items.collect())
            }
            Term::Set(items) => {
                let items: Vec<Type> = items
                    .iter()
                    .map(|item| self.term(variables, item, place))
                    .collect();
                Type::Set(Box::new(Type::one_of(items)))
            }
            Term::Object(fields) => self.object(variables, fields, place),
            Term::Reference(reference) => self.reference(variables, reference, place),
            Term::Call(call) => self.call(variables, &call.callee, &call.arguments, call.place),
            Term::Comprehension(comprehension) => {
                let Comprehension {
                    kind,
                    value,
                    body,
                    place,
                } = &**comprehension;
                self.body(variables, body);
                let value = self.term(variables, value, *place);
                match kind {
                    Collection::Array => Type::array_of(value),
                    Collection::Set => Type::Set(Box::new(value)),
                    Collection::Object(key) => {
                        Type::object_of(self.term(variables, key, *place), value)
                    }
                }
            }
        }
    }

    fn object(&mut self, variables: &mut Variables, fields: &[(Term, Term)], place: Place) -> Type {
        let (mut fixed, mut rest) = (BTreeMap::new(), Vec::new());
        for (key, value) in fields {
            let of = self.term(variables, key, place);
            let value = self.term(variables, value, place);
            match key {
                Term::Const(key) => {
                    fixed.insert(key.clone(), value);
                }
                _ => rest.push((of, value)),
            }
        }
        if rest.is_empty() {
            return Type::object(fixed);
        }
        let (keys, values): (Vec<Type>, Vec<Type>) = rest.into_iter().unzip();
        let rest = (Type::one_of(keys), Type::one_of(values));
        Type::Object(fixed, Some(Box::new(rest)))
    }

    fn reference(
        &mut self,
        variables: &mut Variables,
        reference: &Reference,
        place: Place,
    ) -> Type {
        let mut path = reference.path.as_slice();
        let mut of = match &reference.head {
            Head::Input => Type::Any,
            Head::Data => {
                let found = self.below(&mut path);
                found.unwrap_or(Type::Any)
            }
            Head::Term(Term::Var(slot)) => variables[*slot].get_or_insert(Type::Any).clone(),
            Head::Term(term) => self.term(variables, term, place),
        };
        for key in path {
            let member = match key {
                Term::Const(key) => of.member(&Key::Known(key)),
                key if is_new(variables, key) => {
                    if of.is_collection() {
                        self.pattern(variables, key, &of.keys(), place);
                        Some(of.elements())
                    } else {
                        None
                    }
                }
                key => {
                    let this = self.term(variables, key, place);
                    of.member(&Key::Of(&this))
                }
            };
            of = member.unwrap_or_else(|| {
                let what = format!("{} has no such member", described(&of));
                self.problem(place, &what);
                Type::Any
            });
        }
        of
    }

    /// Follows the constant keys of a path in `data` to a rule and returns its
    /// type. `path` is left with the keys that remain.
    fn below(&mut self, path: &mut &[Term]) -> Option<Type> {
        let program = self.program;
        let mut node = 0;
        loop {
            if let Some(group) = program.nodes[node].group {
                // A rule with other rules below it is not typed: the whole
                // reference is `Any`.
                let has_children = !program.nodes[node].children.is_empty();
                let value = self.group(group).value;
                return (!has_children).then_some(value).or_else(|| {
                    *path = &[];
                    None
                });
            }
            let Some((Term::Const(Value::String(key)), rest)) = path.split_first() else {
                break;
            };
            let Some(child) = program.nodes[node].children.get(&**key) else {
                break;
            };
            node = *child;
            *path = rest;
        }
        // The base documents in `data` may contain anything.
        None
    }

    fn call(
        &mut self,
        variables: &mut Variables,
        callee: &Callee,
        arguments: &[Term],
        place: Place,
    ) -> Type {
        let (takes, gives, name) = match callee {
            Callee::Missing(_) => return Type::Any,
            Callee::Rule(group) => {
                let known = self.group(*group);
                let name = self.program.groups[*group].path.join(".");
                (known.arguments, known.value, name)
            }
            Callee::Builtin(function) => {
                let Signature {
                    name,
                    arguments,
                    result,
                } = function.signature;
                let arguments = arguments.iter().enumerate();
                let takes = arguments.map(|(at, kinds)| types::argument(name, at, *kinds));
                (
                    takes.collect(),
                    types::result(name, *result),
                    (*name).to_owned(),
                )
            }
        };
        for (at, (argument, takes)) in arguments.iter().zip(&takes).enumerate() {
            if let Term::Var(slot) = argument
                && variables[*slot].is_none()
            {
                variables[*slot] = Some(takes.clone());
            }
            let this = self.term(variables, argument, place);
            if !this.meets(takes) {
                let (of, argument) = (described(&this), at + 1);
                let inside = match takes.meets(&this.of_anything()) {
                    true => " with such members",
                    false => "",
                };
                let what = format!("`{name}` never takes {of}{inside} as argument {argument}");
                self.problem(place, &what);
            }
        }
        if name == "minus" {
            // The result has the arguments' type.
            let mut types = arguments.iter().map(|it| self.term(variables, it, place));
            return match types.find(|this| *this != Type::Any) {
                Some(this @ (Type::Number | Type::Set(_))) => this,
                _ => gives,
            };
        }
        gives
    }
}
