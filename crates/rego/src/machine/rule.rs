//! The values of groups of rules: a complete value, a set, an object, or a
//! function's result.

use std::collections::BTreeSet;

use regorus::Value;

use super::super::elements::elements;
use super::super::ir::{Clause, Place, Rule, Shape, Term};
use super::{Frame, MAX_DEPTH, Machine, Stop, failure};

impl Machine {
    /// The value of a group without arguments, or `Undefined`.
    pub(super) fn group(&mut self, group: usize) -> Result<Value, Stop> {
        if let Some(known) = self.world.groups.get(&group) {
            return Ok(known.clone());
        }
        let program = self.program.clone();
        let this = &program.groups[group];
        self.deeper(this.place)?;
        let value = match this.shape {
            Shape::Set => self.set(&this.rules),
            Shape::Object => self.object(&this.rules),
            Shape::Complete | Shape::Function(_) => {
                self.value(&this.rules, this.default.as_deref(), &[], this.place)
            }
        };
        self.depth -= 1;
        let value = value?;
        self.world.groups.insert(group, value.clone());
        Ok(value)
    }

    /// A function's result, or `Undefined`.
    pub(super) fn function(
        &mut self,
        group: usize,
        arguments: &[Value],
        place: Place,
    ) -> Result<Value, Stop> {
        let key = (group, arguments.to_vec());
        if let Some(known) = self.world.calls.get(&key) {
            return Ok(known.clone());
        }
        let program = self.program.clone();
        let this = &program.groups[group];
        self.deeper(place)?;
        let value = self.value(&this.rules, this.default.as_deref(), arguments, place);
        self.depth -= 1;
        let value = value?;
        self.world.calls.insert(key, value.clone());
        Ok(value)
    }

    fn deeper(&mut self, place: Place) -> Result<(), Stop> {
        if self.depth >= MAX_DEPTH {
            return failure(place, "rules depend on one another without end");
        }
        self.depth += 1;
        Ok(())
    }

    /// The value of a complete rule or function. All rules of the group that
    /// give a value must give the same; without any, the default applies.
    fn value(
        &mut self,
        rules: &[Rule],
        default: Option<&Rule>,
        arguments: &[Value],
        place: Place,
    ) -> Result<Value, Stop> {
        let mut value = Value::Undefined;
        for rule in rules {
            self.one_value(rule, arguments, &mut value)?;
        }
        if let (Value::Undefined, Some(default)) = (&value, default) {
            self.one_value(default, arguments, &mut value)?;
            if value == Value::Undefined {
                return failure(place, "a default has no value");
            }
        }
        Ok(value)
    }

    /// Evaluates one rule: its first clause that gives a value decides. Fails
    /// if the value differs from `value`, which other rules may have set.
    fn one_value(
        &mut self,
        rule: &Rule,
        arguments: &[Value],
        value: &mut Value,
    ) -> Result<(), Stop> {
        let mut frame = Frame(vec![None; rule.slots]);
        let pairs: Vec<(&Term, Value)> = rule
            .arguments
            .iter()
            .zip(arguments.iter().cloned())
            .collect();
        self.match_pairs(&mut frame, &pairs, rule.place, &mut |machine, frame| {
            for clause in &rule.clauses {
                if machine.clause(frame, clause, value)? {
                    // A value that is given as a whole may hold no finding.
                    if !elements(value).is_empty() {
                        machine.fire(rule.place);
                    }
                    break;
                }
            }
            Ok(())
        })
    }

    /// Evaluates a clause and returns whether it gave a value.
    fn clause(
        &mut self,
        frame: &mut Frame,
        clause: &Clause,
        value: &mut Value,
    ) -> Result<bool, Stop> {
        let mut found = false;
        self.reach(clause.place);
        self.body(frame, &clause.body, &mut |machine, frame| {
            machine.term(frame, &clause.value, clause.place, &mut |_, _, new| {
                found = true;
                if *value != Value::Undefined && *value != new {
                    return failure(clause.place, "a rule has more than one value");
                }
                *value = new;
                Ok(())
            })
        })?;
        Ok(found)
    }

    fn set(&mut self, rules: &[Rule]) -> Result<Value, Stop> {
        let mut set = BTreeSet::new();
        for rule in rules {
            for clause in &rule.clauses {
                let mut frame = Frame(vec![None; rule.slots]);
                self.reach(clause.place);
                self.body(&mut frame, &clause.body, &mut |machine, frame| {
                    machine.term(
                        frame,
                        &clause.value,
                        clause.place,
                        &mut |machine, _, value| {
                            machine.fire(rule.place);
                            set.insert(value);
                            Ok(())
                        },
                    )
                })?;
            }
        }
        Ok(Value::from(set))
    }

    fn object(&mut self, rules: &[Rule]) -> Result<Value, Stop> {
        let mut object = Value::new_object();
        for rule in rules {
            for clause in &rule.clauses {
                let mut frame = Frame(vec![None; rule.slots]);
                self.reach(clause.place);
                self.body(&mut frame, &clause.body, &mut |machine, frame| {
                    machine.terms(
                        frame,
                        &rule.keys,
                        clause.place,
                        &mut |machine, frame, keys| {
                            machine.term(frame, &clause.value, clause.place, &mut |_, _, value| {
                                match insert(&mut object, keys, value, rule.contains) {
                                    true => Ok(()),
                                    false => failure(clause.place, "an object has one key twice"),
                                }
                            })
                        },
                    )
                })?;
            }
        }
        Ok(object)
    }
}

/// Puts a value under a path of keys. Returns `false` if there is another
/// value.
fn insert(object: &mut Value, keys: &[Value], value: Value, into_set: bool) -> bool {
    let Ok(members) = object.as_object_mut() else {
        return false;
    };
    let [key, rest @ ..] = keys else {
        return false;
    };
    if !rest.is_empty() {
        if members.get(key).is_none() {
            members.insert(key.clone(), Value::new_object());
        }
        return members
            .get_mut(key)
            .is_some_and(|below| insert(below, rest, value, into_set));
    }
    if into_set {
        if members.get(key).is_none() {
            members.insert(key.clone(), Value::new_set());
        }
        let set = members.get_mut(key).and_then(|set| set.as_set_mut().ok());
        return set.map(|set| set.insert(value)).is_some();
    }
    match members.get(key) {
        Some(old) => *old == value,
        None => {
            members.insert(key.clone(), value);
            true
        }
    }
}
