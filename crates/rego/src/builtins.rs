//! Built-in functions: our own where regorus has none or differs from OPA,
//! otherwise those of regorus.

mod corrections;
mod globs;
mod json_paths;
pub(super) mod missing;
pub(super) mod numbers;
mod operators;
mod own;
mod patterns;
pub(super) mod signatures;
pub(super) mod sprintf;
mod strings;
mod templates;
mod units;
mod urlquery;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use regorus::Value;
use regorus::unstable::{BUILTINS, BuiltinFcn, Expr, Ref, Source, Span};

use self::corrections::{agrees, corrected};
use self::signatures::{SIGNATURES, Signature};
use super::elements::elements;

/// A built-in function.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) signature: &'static Signature,
    pub(super) run: Run,
}

#[derive(Clone, Copy)]
pub(super) enum Run {
    /// A function of regorus.
    Engine(BuiltinFcn),
    Own(Own),
    /// `walk`, the only relation: it has one result for each value within its
    /// argument.
    Walk,
}

/// A function of our own; `None` for arguments that it cannot take.
pub(super) type Own = fn(&[Value]) -> Option<Value>;

/// A failed call of a built-in function. Contains no value of the input.
#[derive(Debug, thiserror::Error)]
#[error("the built-in function `{name}` cannot take what it is given{}", .argument.map_or(String::new(), |n| format!(" as argument {n}")))]
pub(super) struct Fault {
    name: &'static str,
    argument: Option<usize>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The function of this name.
pub(super) fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.get(name)
}

/// Whether the function exists in Rego v0 only.
pub(super) fn is_deprecated(name: &str) -> bool {
    matches!(
        name,
        "any" | "all" | "re_match" | "set_diff" | "net.cidr_overlap"
    ) || name.starts_with("cast_")
}

/// Whether the function's result is kept for the whole evaluation of an input.
pub(super) fn is_constant(name: &str) -> bool {
    matches!(name, "time.now_ns" | "rand.intn")
}

static FUNCTIONS: LazyLock<HashMap<&'static str, Function>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for signature in SIGNATURES {
        let name = signature.name;
        let run = match own::function(name) {
            Some(run) => run,
            None => match BUILTINS.get(name) {
                Some(function) => Run::Engine(*function),
                None => continue,
            },
        };
        all.insert(
            name,
            Function {
                name,
                signature,
                run,
            },
        );
    }
    all
});

impl Function {
    /// The number of arguments.
    pub(super) fn arity(&self) -> usize {
        self.signature.arguments.len()
    }

    /// Calls the function. The result may be `Undefined`.
    ///
    /// # Errors
    ///
    /// If an argument has a wrong type, or the function has no result for these
    /// arguments.
    pub(super) fn call(&self, arguments: &[Value]) -> Result<Value, Fault> {
        let fault = |argument| Fault {
            name: self.name,
            argument,
        };
        let mut types = self.signature.arguments.iter().zip(arguments);
        if let Some(wrong) = types.position(|(kind, value)| !signatures::takes(*kind, value)) {
            // In OPA, what is not a text is not valid either.
            return match self.name.ends_with("is_valid") {
                true => Ok(Value::from(false)),
                false => Err(fault(Some(wrong + 1))),
            };
        }
        // Some functions of regorus panic on unusual arguments.
        let answer = catch_unwind(AssertUnwindSafe(|| self.run(arguments)));
        let answer = answer.ok().flatten().ok_or(fault(None))?;
        if answer != Value::Undefined && !signatures::takes(self.signature.result, &answer) {
            return Err(fault(None));
        }
        let is_zero = answer.as_f64().is_ok_and(|float| float == 0.0);
        // Without the sign that a float can have: OPA has no negative zero.
        Ok(if is_zero { Value::from(0_i64) } else { answer })
    }

    fn run(&self, arguments: &[Value]) -> Option<Value> {
        match self.run {
            Run::Own(own) => own(arguments),
            Run::Engine(_) if !agrees(self.name, arguments) => None,
            Run::Engine((engine, _)) => NOWHERE.with(|(span, expressions)| {
                let expressions = &expressions[..arguments.len().min(expressions.len())];
                let answer = engine(span, expressions, arguments, true).ok();
                // Some return undefined where OPA has an error.
                let answer = answer.filter(|value| *value != Value::Undefined)?;
                corrected(self.name, arguments, answer)
            }),
            Run::Walk => None,
        }
    }
}

/// The highest number of arguments that a function of regorus takes.
const MAX_ARGUMENTS: usize = 8;

thread_local! {
    /// A source position for the error messages of regorus, which are
    /// discarded.
    static NOWHERE: (Span, Vec<Ref<Expr>>) = {
        let source = Source::from_contents(String::new(), String::new());
        let source = source.expect("an empty text is a source");
        let span = Span { source, line: 1, col: 1, start: 0, end: 0 };
        let null = Ref::new(Expr::Null { span: span.clone(), value: Value::Null, eidx: 0 });
        (span, vec![null; MAX_ARGUMENTS])
    };
}

/// Every value within a value, as `[path, value]`.
pub(super) fn walked(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    walk(value, &mut Vec::new(), &mut all);
    all
}

fn walk(value: &Value, path: &mut Vec<Value>, all: &mut Vec<Value>) {
    all.push(Value::from(vec![Value::from(path.clone()), value.clone()]));
    for (key, element) in elements(value) {
        path.push(key);
        walk(&element, path, all);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_panics_or_returns_another_type_has_no_answer() {
        let panics: Own = |arguments| Some(arguments[arguments.len()].clone());
        for own in [panics, |_| Some(Value::Null)] {
            let function = Function {
                name: "odd",
                signature: &SIGNATURES[0],
                run: Run::Own(own),
            };
            let one = Value::from(1_i64);
            let fault = function.call(&[one]).expect_err("it has no number");
            let expected = "the built-in function `odd` cannot take what it is given";
            assert_eq!(fault.to_string(), expected);
        }
    }
}
