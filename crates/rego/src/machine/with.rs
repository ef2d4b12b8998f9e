//! `with`: evaluates one statement in a modified [`World`], and the rest of the
//! body in the original one.
//!
//! The new world starts with empty caches. The continuation switches back to the
//! original world for the rest of the body, and forth again for the next solution
//! of the statement.

use regorus::Value;

use super::super::ir::{Replacement, Statement, Target, Term, With};
use super::{Flow, Frame, Machine, Substitute, Then, World};

impl Machine {
    /// Evaluates a statement for every combination of values of its
    /// replacements.
    pub(super) fn with(
        &mut self,
        frame: &mut Frame,
        statement: &Statement,
        then: Then<'_>,
    ) -> Flow {
        let Statement {
            with, kind, place, ..
        } = statement;
        let terms: Vec<Term> = with
            .iter()
            .filter_map(|with| match &with.value {
                Replacement::Value(term) => Some(term.clone()),
                Replacement::Function(_) => None,
            })
            .collect();
        self.terms(frame, &terms, *place, &mut |machine, frame, values| {
            let mut world = machine.world.clone();
            world.groups.clear();
            world.calls.clear();
            let mut values = values.iter();
            for With { target, value } in with {
                let substitute = match value {
                    Replacement::Function(callee) => Substitute::Function(callee.clone()),
                    Replacement::Value(_) => {
                        Substitute::Value(values.next().cloned().unwrap_or(Value::Undefined))
                    }
                };
                machine.replace(&mut world, target, substitute);
            }
            let mut other = std::mem::replace(&mut machine.world, world);
            let flow = machine.kind(frame, kind, *place, &mut |machine, frame| {
                // The rest of the body is evaluated in the original world.
                std::mem::swap(&mut machine.world, &mut other);
                let flow = then(machine, frame);
                std::mem::swap(&mut machine.world, &mut other);
                flow
            });
            machine.world = other;
            flow
        })
    }

    fn replace(&self, world: &mut World, target: &Target, substitute: Substitute) {
        match (target, substitute) {
            (Target::Function(group), substitute) => {
                world.functions.insert(*group, substitute);
            }
            (Target::Builtin(name), substitute) => {
                world.builtins.insert(name.clone(), substitute);
            }
            (Target::Input(path), Substitute::Value(value)) => put(&mut world.input, path, value),
            (Target::Data(path), Substitute::Value(value)) => {
                put(&mut world.data, path, value);
                world.masked.extend(self.program.node(path));
            }
            // Lowering admits a function as replacement of functions only.
            (Target::Input(_) | Target::Data(_), Substitute::Function(_)) => {}
        }
    }
}

/// Replaces the value at a path and creates the objects on the way to it.
fn put(document: &mut Value, path: &[String], value: Value) {
    let [first, rest @ ..] = path else {
        *document = value;
        return;
    };
    if !matches!(document, Value::Object(_)) {
        *document = Value::new_object();
    }
    let Ok(members) = document.as_object_mut() else {
        return;
    };
    let key = Value::from(first.as_str());
    let mut below = members.get(&key).cloned().unwrap_or(Value::Undefined);
    put(&mut below, rest, value);
    members.insert(key, below);
}
