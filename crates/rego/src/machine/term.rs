//! Values of terms, unification, and matching of patterns.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;

use super::super::elements::elements;
use super::super::ir::{Collection, Comprehension, Head, Place, Term};
use super::{Flow, Frame, Machine, Next, Stop, Then, failure};

impl Machine {
    /// Calls `next` with every value of a term.
    pub(super) fn term(
        &mut self,
        frame: &mut Frame,
        term: &Term,
        place: Place,
        next: Next<'_>,
    ) -> Flow {
        match term {
            Term::Const(value) => next(self, frame, value.clone()),
            Term::Var(slot) => match frame.0[*slot].clone() {
                Some(value) => next(self, frame, value),
                None => failure(place, "a variable has no value"),
            },
            Term::Array(items) => self.terms(frame, items, place, &mut |machine, frame, items| {
                next(machine, frame, Value::from(items.to_vec()))
            }),
            Term::Set(items) => self.terms(frame, items, place, &mut |machine, frame, items| {
                let set: BTreeSet<Value> = items.iter().cloned().collect();
                next(machine, frame, Value::from(set))
            }),
            Term::Object(fields) => {
                let flat: Vec<Term> = fields
                    .iter()
                    .flat_map(|(k, v)| [k.clone(), v.clone()])
                    .collect();
                self.terms(frame, &flat, place, &mut |machine, frame, items| {
                    let mut object = BTreeMap::new();
                    for pair in items.chunks_exact(2) {
                        let old = object.insert(pair[0].clone(), pair[1].clone());
                        if old.is_some_and(|old| old != pair[1]) {
                            return failure(place, "an object has one key twice");
                        }
                    }
                    next(machine, frame, Value::from(object))
                })
            }
            Term::Reference(reference) => match &reference.head {
                Head::Input => {
                    let input = self.world.input.clone();
                    match input {
                        Value::Undefined => Ok(()),
                        input => self.index(frame, &input, &reference.path, place, next),
                    }
                }
                Head::Data => {
                    let data = self.world.data.clone();
                    self.data(frame, Some(0), Some(&data), &reference.path, place, next)
                }
                Head::Term(head) => self.term(frame, head, place, &mut |machine, frame, value| {
                    machine.index(frame, &value, &reference.path, place, next)
                }),
            },
            Term::Call(call) => self.terms(
                frame,
                &call.arguments,
                place,
                &mut |machine, frame, arguments| {
                    machine.call(frame, &call.callee, arguments, call.place, next)
                },
            ),
            Term::Comprehension(comprehension) => {
                let value = self.comprehension(frame, comprehension)?;
                next(self, frame, value)
            }
        }
    }

    /// Calls `next` with every combination of the values of several terms.
    pub(super) fn terms(
        &mut self,
        frame: &mut Frame,
        terms: &[Term],
        place: Place,
        next: &mut dyn FnMut(&mut Self, &mut Frame, &[Value]) -> Flow,
    ) -> Flow {
        self.terms_behind(frame, &mut Vec::new(), terms, place, next)
    }

    /// As [`Self::terms`], with the values of the terms before them.
    fn terms_behind(
        &mut self,
        frame: &mut Frame,
        found: &mut Vec<Value>,
        terms: &[Term],
        place: Place,
        next: &mut dyn FnMut(&mut Self, &mut Frame, &[Value]) -> Flow,
    ) -> Flow {
        let Some((term, rest)) = terms.split_first() else {
            return next(self, frame, found);
        };
        self.term(frame, term, place, &mut |machine, frame, value| {
            found.push(value);
            let flow = machine.terms_behind(frame, found, rest, place, next);
            found.pop();
            flow
        })
    }

    /// Evaluates a path below a value. An unbound key iterates over all keys.
    pub(super) fn index(
        &mut self,
        frame: &mut Frame,
        value: &Value,
        path: &[Term],
        place: Place,
        next: Next<'_>,
    ) -> Flow {
        let Some((key, rest)) = path.split_first() else {
            return next(self, frame, value.clone());
        };
        if is_open(frame, key) {
            for (this, element) in elements(value) {
                self.matches(frame, key, &this, place, &mut |machine, frame| {
                    machine.index(frame, &element, rest, place, next)
                })?;
            }
            return Ok(());
        }
        self.term(
            frame,
            key,
            place,
            &mut |machine, frame, key| match member(value, &key) {
                Some(element) => machine.index(frame, &element, rest, place, next),
                None => Ok(()),
            },
        )
    }

    fn comprehension(
        &mut self,
        frame: &mut Frame,
        comprehension: &Comprehension,
    ) -> Result<Value, Stop> {
        let Comprehension {
            kind,
            value,
            body,
            place,
        } = comprehension;
        let (mut array, mut set, mut object) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
        self.body(frame, body, &mut |machine, frame| match kind {
            Collection::Array => machine.term(frame, value, *place, &mut |_, _, value| {
                array.push(value);
                Ok(())
            }),
            Collection::Set => machine.term(frame, value, *place, &mut |_, _, value| {
                set.insert(value);
                Ok(())
            }),
            Collection::Object(key) => {
                machine.term(frame, key, *place, &mut |machine, frame, key| {
                    machine.term(frame, value, *place, &mut |_, _, value| {
                        let old = object.insert(key.clone(), value.clone());
                        match old.is_none_or(|old| old == value) {
                            true => Ok(()),
                            false => failure(*place, "an object has one key twice"),
                        }
                    })
                })
            }
        })?;
        Ok(match kind {
            Collection::Array => Value::from(array),
            Collection::Set => Value::from(set),
            Collection::Object(_) => Value::from(object),
        })
    }

    /// Unifies two terms.
    pub(super) fn unify(
        &mut self,
        frame: &mut Frame,
        one: &Term,
        other: &Term,
        place: Place,
        then: Then<'_>,
    ) -> Flow {
        match (one, other) {
            (Term::Array(ones), Term::Array(others)) => {
                if ones.len() != others.len() {
                    return Ok(());
                }
                let pairs: Vec<(&Term, &Term)> = ones.iter().zip(others).collect();
                self.unify_pairs(frame, &pairs, place, then)
            }
            (Term::Object(ones), Term::Object(others))
                if is_open(frame, one) && is_open(frame, other) =>
            {
                let key = |(key, value): &'_ (Term, Term)| match key {
                    Term::Const(key) => Some((key.clone(), value.clone())),
                    _ => None,
                };
                let ones: Option<BTreeMap<Value, Term>> = ones.iter().map(key).collect();
                let others: Option<BTreeMap<Value, Term>> = others.iter().map(key).collect();
                let (Some(ones), Some(others)) = (ones, others) else {
                    return failure(place, "two patterns with keys that are not plain");
                };
                if !ones.keys().eq(others.keys()) {
                    return Ok(());
                }
                let pairs: Vec<(&Term, &Term)> = ones.values().zip(others.values()).collect();
                self.unify_pairs(frame, &pairs, place, then)
            }
            _ if is_open(frame, one) => {
                self.term(frame, other, place, &mut |machine, frame, value| {
                    machine.matches(frame, one, &value, place, then)
                })
            }
            _ => self.term(frame, one, place, &mut |machine, frame, value| {
                machine.matches(frame, other, &value, place, then)
            }),
        }
    }

    /// Unifies pairs of terms. Pairs with a side that has no unbound variable
    /// come first, since they bind the variables of the others.
    fn unify_pairs(
        &mut self,
        frame: &mut Frame,
        pairs: &[(&Term, &Term)],
        place: Place,
        then: Then<'_>,
    ) -> Flow {
        let is_ready =
            |(one, other): &(&Term, &Term)| !is_open(frame, one) || !is_open(frame, other);
        let next = pairs.iter().position(is_ready).unwrap_or_default();
        let Some((one, other)) = pairs.get(next).copied() else {
            return then(self, frame);
        };
        let mut rest = pairs.to_vec();
        rest.remove(next);
        self.unify(frame, one, other, place, &mut |machine, frame| {
            machine.unify_pairs(frame, &rest, place, then)
        })
    }

    /// Compares a pattern with a value; open variables take theirs from it.
    pub(super) fn matches(
        &mut self,
        frame: &mut Frame,
        pattern: &Term,
        value: &Value,
        place: Place,
        then: Then<'_>,
    ) -> Flow {
        match pattern {
            Term::Const(constant) => {
                if constant == value {
                    then(self, frame)
                } else {
                    Ok(())
                }
            }
            Term::Var(slot) => match &frame.0[*slot] {
                Some(known) if known == value => then(self, frame),
                Some(_) => Ok(()),
                None => {
                    frame.0[*slot] = Some(value.clone());
                    let flow = then(self, frame);
                    frame.0[*slot] = None;
                    flow
                }
            },
            Term::Array(patterns) => match value {
                Value::Array(items) if items.len() == patterns.len() => {
                    let pairs: Vec<(&Term, Value)> =
                        patterns.iter().zip(items.iter().cloned()).collect();
                    self.match_pairs(frame, &pairs, place, then)
                }
                _ => Ok(()),
            },
            Term::Object(fields) => {
                let Value::Object(object) = value else {
                    return Ok(());
                };
                let keys: Vec<Term> = fields.iter().map(|(key, _)| key.clone()).collect();
                self.terms(frame, &keys, place, &mut |machine, frame, keys| {
                    let distinct: BTreeSet<&Value> = keys.iter().collect();
                    if distinct.len() != object.len() {
                        return Ok(());
                    }
                    let pairs = keys.iter().zip(fields);
                    let pairs =
                        pairs.map(|(key, (_, pattern))| Some((pattern, object.get(key)?.clone())));
                    match pairs.collect::<Option<Vec<(&Term, Value)>>>() {
                        Some(pairs) => machine.match_pairs(frame, &pairs, place, then),
                        None => Ok(()),
                    }
                })
            }
            Term::Set(_) | Term::Reference(_) | Term::Call(_) | Term::Comprehension(_) => self
                .term(frame, pattern, place, &mut |machine, frame, found| {
                    if found == *value {
                        then(machine, frame)
                    } else {
                        Ok(())
                    }
                }),
        }
    }

    pub(super) fn match_pairs(
        &mut self,
        frame: &mut Frame,
        pairs: &[(&Term, Value)],
        place: Place,
        then: Then<'_>,
    ) -> Flow {
        let Some(((pattern, value), rest)) = pairs.split_first() else {
            return then(self, frame);
        };
        self.matches(frame, pattern, value, place, &mut |machine, frame| {
            machine.match_pairs(frame, rest, place, then)
        })
    }
}

/// Whether a pattern has an unbound variable that a match could bind.
pub(super) fn is_open(frame: &Frame, pattern: &Term) -> bool {
    pattern.is_open(&|slot| frame.0[slot].is_some())
}

/// The member of a collection under a key.
pub(super) fn member(value: &Value, key: &Value) -> Option<Value> {
    match value {
        Value::Object(object) => object.get(key).cloned(),
        Value::Set(set) => set.get(key).cloned(),
        Value::Array(array) => {
            let index = key.as_number().ok()?.as_u64()?;
            array.get(usize::try_from(index).ok()?).cloned()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Undefined => {
            None
        }
    }
}
