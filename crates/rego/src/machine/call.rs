//! Calls of functions, both defined in policies and built in.

use regorus::Value;

use super::super::builtins::{Function, Run, is_constant, walked};
use super::super::ir::{Callee, Place};
use super::super::notations::Notations;
use super::{Flow, Frame, Machine, Next, Stop, Substitute, failure};

impl Machine {
    pub(super) fn call(
        &mut self,
        frame: &mut Frame,
        callee: &Callee,
        arguments: &[Value],
        place: Place,
        next: Next<'_>,
    ) -> Flow {
        let substitute = match callee {
            Callee::Rule(group) => self.world.functions.get(group),
            Callee::Builtin(function) => self.world.builtins.get(function.name),
            Callee::Missing(name) => self.world.builtins.get(name),
        };
        match substitute.cloned() {
            None => self.real_call(frame, callee, arguments, place, next),
            Some(Substitute::Value(value)) => next(self, frame, value),
            // Substitutes are not replaced in their turn.
            Some(Substitute::Function(other)) => {
                self.real_call(frame, &other, arguments, place, next)
            }
        }
    }

    fn real_call(
        &mut self,
        frame: &mut Frame,
        callee: &Callee,
        arguments: &[Value],
        place: Place,
        next: Next<'_>,
    ) -> Flow {
        let value = match callee {
            Callee::Rule(group) => self.function(*group, arguments, place)?,
            Callee::Builtin(function) => match function.run {
                Run::Walk => {
                    let mut values = walked(&arguments[0]).into_iter();
                    return values.try_for_each(|value| next(self, frame, value));
                }
                Run::Engine(_) | Run::Own(_) => self.builtin(function, arguments, place)?,
            },
            Callee::Missing(name) => {
                return failure(place, format!("there is no function `{name}`"));
            }
        };
        match value {
            Value::Undefined => Ok(()),
            value => next(self, frame, value),
        }
    }

    fn builtin(
        &mut self,
        function: &'static Function,
        arguments: &[Value],
        place: Place,
    ) -> Result<Value, Stop> {
        let is_constant = is_constant(function.name);
        if is_constant {
            let known = self.constants.get(function.name).into_iter().flatten();
            let mut same = known.filter(|(of, _)| of == arguments);
            if let Some((_, value)) = same.next() {
                return Ok(value.clone());
            }
        }
        if self.notations.matter(function.name, arguments) {
            return failure(place, notation_matters(function.name));
        }
        if function.name == "json.marshal" && arguments.iter().any(has_odd_key) {
            let what = "`json.marshal` would depend on the order of keys that are not strings";
            return failure(place, what);
        }
        let value = match function.call(arguments) {
            Ok(value) => value,
            Err(fault) => return failure(place, fault.to_string()),
        };
        match (function.name, arguments, &value) {
            ("to_number" | "json.unmarshal", [Value::String(text)], _) => {
                self.notations.extend(&Notations::of_json(text));
            }
            (operator @ ("plus" | "minus" | "mul" | "div" | "sum" | "product"), ..) => {
                self.notations.note_computed(operator, arguments, &value);
            }
            // OPA writes ten digits of a fraction.
            ("units.parse", _, Value::Number(number)) if !number.is_integer() => {
                self.notations
                    .note(&format!("{}0", number.format_decimal()));
            }
            _ => {}
        }
        if is_constant {
            let known = self.constants.entry(function.name).or_default();
            known.push((arguments.to_vec(), value.clone()));
        }
        Ok(value)
    }
}

/// Whether an object in the value has a key that is not a string. OPA turns
/// such keys into text first, and sorts then.
fn has_odd_key(value: &Value) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| !matches!(key, Value::String(_)) || has_odd_key(value)),
        Value::Array(items) => items.iter().any(has_odd_key),
        Value::Set(items) => items.iter().any(has_odd_key),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Undefined => {
            false
        }
    }
}

fn notation_matters(function: &str) -> String {
    let what = match function {
        "internal.template_string" => "a template".to_owned(),
        function => format!("`{function}`"),
    };
    format!(
        "{what} would depend on the notation of a number, such as `1.0` or `1e3`; \
         write the number as `1` or `1000`, and a fraction that is computed with `%.2f`"
    )
}
