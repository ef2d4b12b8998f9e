//! `with`: evaluates one statement in a modified [`World`], and the rest of the
//! body in the original one.
//!
//! The new world starts with empty caches. The continuation has to switch back
//! to the original world for the rest of the body, and forth again for the next
//! solution of the statement.

use regorus::Value;

use super::super::ir::{Place, Replacement, Target, Term, With};
use super::{Failure, Flow, Frame, Machine, Stand, World};

/// The code that runs in the new world. It receives the original world and
/// returns it.
type Inside<'a> =
    &'a mut dyn FnMut(&mut Machine, &mut Frame, World) -> Result<(bool, World), Failure>;

impl Machine {
    /// Runs `inside` for every combination of values of the replacements.
    pub(super) fn with(
        &mut self,
        frame: &mut Frame,
        with: &[With],
        place: Place,
        inside: Inside<'_>,
    ) -> Flow {
        let terms: Vec<Term> = with
            .iter()
            .filter_map(|with| match &with.value {
                Replacement::Value(term) => Some(term.clone()),
                Replacement::Function(_) => None,
            })
            .collect();
        self.terms(frame, &terms, place, &mut |machine, frame, values| {
            let mut world = machine.world.clone();
            world.groups.clear();
            world.calls.clear();
            let mut values = values.iter();
            for With { target, value } in with {
                let stand = match value {
                    Replacement::Function(callee) => Stand::Function(callee.clone()),
                    Replacement::Value(_) => {
                        Stand::Value(values.next().cloned().unwrap_or(Value::Undefined))
                    }
                };
                machine.replace(&mut world, target, stand);
            }
            let before = std::mem::replace(&mut machine.world, world);
            // A failure ends the evaluation, so the world need not be
            // restored.
            let (flow, before) = inside(machine, frame, before)?;
            machine.world = before;
            Ok(flow)
        })
    }

    fn replace(&self, world: &mut World, target: &Target, stand: Stand) {
        match (target, stand) {
            (Target::Function(group), stand) => {
                world.functions.insert(*group, stand);
            }
            (Target::Builtin(name), stand) => {
                world.builtins.insert(name.clone(), stand);
            }
            (Target::Input(path), Stand::Value(value)) => put(&mut world.input, path, value),
            (Target::Data(path), Stand::Value(value)) => {
                put(&mut world.data, path, value);
                world.masked.extend(self.program.node(path));
            }
            // Lowering admits a function as replacement of functions only.
            (Target::Input(_) | Target::Data(_), Stand::Function(_)) => {}
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
