//! Built-in functions: the engine's, and our own where the engine has none or
//! answers otherwise than OPA.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use regorus::Value;
use regorus::unstable::{BUILTINS, BuiltinFcn, Expr, Ref, Source, Span};

use super::own;
use super::signatures::{self, SIGNATURES, Signature};

/// A function that policies may call.
pub(super) struct Function {
    pub(super) name: &'static str,
    /// How many arguments it takes.
    pub(super) arity: Option<usize>,
    pub(super) signature: Option<&'static Signature>,
    pub(super) run: Run,
}

#[derive(Clone, Copy)]
pub(super) enum Run {
    /// One of the engine's.
    Engine(BuiltinFcn),
    Own(Own),
    /// Everything in a value, with its path: one answer for each.
    Walk,
}

/// What an own function answers; `None` for arguments that it cannot take.
pub(super) type Own = fn(&[Value]) -> Option<Value>;

/// A built-in function that has no answer. It names no value.
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

/// Whether OPA has a function of this name that is not here.
pub(super) fn is_opas(name: &str) -> bool {
    super::super::differences::MISSING.contains(&name)
}

/// Whether only Rego v0 has it.
pub(super) fn is_deprecated(name: &str) -> bool {
    matches!(
        name,
        "any" | "all" | "re_match" | "set_diff" | "net.cidr_overlap"
    ) || name.starts_with("cast_")
}

/// Whether its answer stays the same while one input is judged.
pub(super) fn is_constant(name: &str) -> bool {
    matches!(
        name,
        "time.now_ns" | "rand.intn" | "uuid.rfc4122" | "opa.runtime"
    )
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
        let arity = Some(signature.arguments.len());
        all.insert(
            name,
            Function {
                name,
                arity,
                signature: Some(signature),
                run,
            },
        );
    }
    all
});

impl Function {
    /// Its answer, or `Undefined`.
    ///
    /// # Errors
    ///
    /// Where it has none for these arguments.
    pub(super) fn call(&self, arguments: &[Value]) -> Result<Value, Fault> {
        let fault = |argument| Fault {
            name: self.name,
            argument,
        };
        if let Some(signature) = self.signature {
            let mut types = signature.arguments.iter().zip(arguments);
            if let Some(wrong) = types.position(|(kind, value)| !signatures::takes(*kind, value)) {
                return Err(fault(Some(wrong + 1)));
            }
        }
        // Some of the engine's functions panic over odd arguments.
        let answer = catch_unwind(AssertUnwindSafe(|| self.run(arguments)));
        answer.ok().flatten().ok_or(fault(None))
    }

    fn run(&self, arguments: &[Value]) -> Option<Value> {
        match self.run {
            Run::Own(own) => own(arguments),
            Run::Engine((engine, _)) => NOWHERE.with(|(span, expressions)| {
                let expressions = &expressions[..arguments.len().min(expressions.len())];
                let answer = engine(span, expressions, arguments, true).ok();
                // Some of them give nothing where OPA has an error.
                answer.filter(|value| *value != Value::Undefined)
            }),
            Run::Walk => None,
        }
    }
}

/// Arguments that any of the engine's functions has at most.
const MAX_ARGUMENTS: usize = 8;

thread_local! {
    /// What the engine's functions would name as the place of an error.
    static NOWHERE: (Span, Vec<Ref<Expr>>) = {
        let source = Source::from_contents(String::new(), String::new());
        let source = source.expect("an empty text is a source");
        let span = Span { source, line: 1, col: 1, start: 0, end: 0 };
        let null = Ref::new(Expr::Null { span: span.clone(), value: Value::Null, eidx: 0 });
        (span, vec![null; MAX_ARGUMENTS])
    };
}

/// The number with the other sign.
pub(super) fn negated(value: &Value) -> Option<Value> {
    super::numbers::subtract(&Value::from(0_i64), value)
}

/// Every value within a value, as `[path, value]`.
pub(super) fn walked(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    walk(value, &mut Vec::new(), &mut all);
    all
}

fn walk(value: &Value, path: &mut Vec<Value>, all: &mut Vec<Value>) {
    all.push(Value::from(vec![Value::from(path.clone()), value.clone()]));
    for (key, element) in super::machine::elements(value) {
        path.push(key);
        walk(&element, path, all);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_panics_has_no_answer() {
        let function = Function {
            name: "odd",
            arity: Some(1),
            signature: None,
            run: Run::Own(|arguments| Some(arguments[1].clone())),
        };
        let fault = function.call(&[Value::from(1_i64)]).expect_err("it panics");
        let expected = "the built-in function `odd` cannot take what it is given";
        assert_eq!(fault.to_string(), expected);
    }
}
