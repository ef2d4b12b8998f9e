//! `with`: a statement that sees another world than what comes after it.

use regorus::Value;

use super::super::ir::{Place, Replacement, Target, Term, With};
use super::{Failure, Flow, Frame, Machine, Stand, World};

/// What goes on in the other world. It is handed the one before, and hands it
/// back.
type Inside<'a> =
    &'a mut dyn FnMut(&mut Machine, &mut Frame, World) -> Result<(bool, World), Failure>;

impl Machine {
    /// For every value of the replacements.
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
        self.terms(
            frame,
            &terms,
            place,
            &mut Vec::new(),
            &mut |machine, frame, values| {
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
                // A failure ends the evaluation, whatever the world is then.
                let (flow, before) = inside(machine, frame, before)?;
                machine.world = before;
                Ok(flow)
            },
        )
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
            // A rule without arguments cannot be a function.
            (Target::Input(_) | Target::Data(_), Stand::Function(_)) => {}
        }
    }
}

/// Replaces what lies at a path, and makes the way to it where there is none.
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
