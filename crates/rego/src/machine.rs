//! The evaluator. It works as OPA's `topdown` does: top-down, with
//! backtracking, in continuation-passing style.
//!
//! A statement may hold in several ways, for example once for each element of a
//! collection. The functions that evaluate statements and terms take a
//! continuation and call it once for each solution, with the variables bound in
//! the [`Frame`]; when the continuation returns, the bindings are undone and
//! the next solution is tried. The continuation of a statement is the rest of
//! the body, so that of the last statement sees each solution of the whole
//! body. A continuation returns a [`Stop`] if no other solution is of use: one
//! was looked for, or the whole evaluation has failed.
//!
//! An undefined term is therefore not a value but the absence of calls to the
//! continuation; only rules and functions as a whole have the value
//! `Undefined`. A failure is never taken for undefined.
//!
//! The values of rules and the results of function calls are cached in the
//! [`World`]. `with` replaces the world while its statement is evaluated (see
//! [`with`]). The new world starts with empty caches, since a value
//! computed under `with` is not valid outside, nor the reverse.
//!
//! - `rule`: the values of groups, and function results.
//! - `data`: references into `data`, where rules and base documents overlap.
//! - `term`: values of terms, unification, pattern matching.
//! - `call`: calls of functions, and their replacements.
//! - `coverage`: what was evaluated, for tests.
//! - `explain`: how far a body was evaluated, for explanations.

mod call;
mod coverage;
mod data;
mod explain;
mod rule;
mod term;
mod with;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use regorus::Value;

pub use self::coverage::{Coverage, Definition};
pub use self::explain::{ExplainedDefinition, Outcome, Step};
use super::builtins::sprintf::shown;
use super::elements::elements;
use super::ir::{Callee, Kind, Place, Program, Slot, Statement, Term};
use super::notations::Notations;

/// Lines of `print` that are kept: more than anybody reads, from a rule that
/// prints in a loop.
const MAX_PRINTS: usize = 1_000;

/// How deep evaluations of rules may nest. Rules cannot depend on themselves,
/// but a function that replaces another by `with` can call it.
const MAX_DEPTH: usize = 256;

/// Why no other solutions are tried.
enum Stop {
    /// The solution that [`is_found`] looks for is there.
    Found,
    /// The evaluation failed. The text contains no value of the input.
    Failed(Place, String),
}

/// `Ok` to try other solutions.
type Flow = Result<(), Stop>;

/// The variables of one rule, by slot; `None` while unbound.
#[derive(Clone)]
struct Frame(Vec<Option<Value>>);

/// The continuation of a statement.
type Then<'a> = &'a mut dyn FnMut(&mut Machine, &mut Frame) -> Flow;
/// The continuation of a term, called with each of its values.
type Next<'a> = &'a mut dyn FnMut(&mut Machine, &mut Frame, Value) -> Flow;

/// What `with` can replace, and the values cached under it.
#[derive(Clone)]
struct World {
    input: Value,
    data: Value,
    /// Nodes whose rules are hidden by a value from `with`.
    masked: BTreeSet<usize>,
    functions: BTreeMap<usize, Substitute>,
    builtins: BTreeMap<String, Substitute>,
    /// The values of rules, by group.
    groups: HashMap<usize, Value>,
    /// The results of function calls, by group and arguments.
    calls: BTreeMap<(usize, Vec<Value>), Value>,
}

/// What `with` puts in the place of a function.
#[derive(Clone)]
enum Substitute {
    Value(Value),
    Function(Callee),
}

/// Evaluates rules of a program on one input.
#[derive(Clone)]
pub struct Machine {
    program: Rc<Program>,
    world: World,
    depth: usize,
    /// Results of functions such as `time.now_ns`, which must not change during
    /// one evaluation, by function name and arguments.
    constants: HashMap<&'static str, Vec<(Vec<Value>, Value)>>,
    coverage: Option<Coverage>,
    /// What `print` has written, if it is kept.
    prints: Option<Vec<String>>,
    /// Unusual notations of the numbers that can occur.
    notations: Notations,
}

impl Machine {
    /// Evaluates the program with `data` as the base documents, whose numbers
    /// have these notations.
    pub fn new(program: Program, data: Value, mut documents: Notations) -> Self {
        documents.extend(&program.notations);
        let world = World {
            input: Value::Undefined,
            data,
            masked: BTreeSet::new(),
            functions: BTreeMap::new(),
            builtins: BTreeMap::new(),
            groups: HashMap::new(),
            calls: BTreeMap::new(),
        };
        Self {
            program: Rc::new(program),
            world,
            depth: 0,
            constants: HashMap::new(),
            coverage: None,
            prints: None,
            notations: documents,
        }
    }

    /// Sets the input, before the first evaluation: values of rules are kept.
    pub fn set_input(&mut self, input: Value, notations: &Notations) {
        self.notations.extend(notations);
        self.world.input = input;
    }

    /// Keeps what `print` writes from now on.
    pub fn keep_prints(&mut self) {
        self.prints = Some(Vec::new());
    }

    /// Takes what `print` has written so far, at most a thousand lines, each
    /// with file and line number. Empty unless [`Self::keep_prints`] was called.
    pub fn take_prints(&mut self) -> Vec<String> {
        self.prints.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The value of the rule at a path such as `data.package.rule`, or
    /// `Undefined`.
    ///
    /// # Errors
    ///
    /// Why the evaluation failed, with file and line.
    pub fn eval_rule(&mut self, path: &str) -> Result<Value, String> {
        let program = self.program.clone();
        let Some(node) = program.node_at(path) else {
            return Ok(Value::Undefined);
        };
        self.document(Some(node), None).map_err(|stop| match stop {
            Stop::Failed(place, what) => format!("{}: {what}", program.place(place)),
            Stop::Found => "a search has left the rule that it belongs to".to_owned(),
        })
    }

    fn body(&mut self, frame: &mut Frame, statements: &[Statement], then: Then<'_>) -> Flow {
        match statements.split_first() {
            None => then(self, frame),
            Some((statement, rest)) => self.statement(frame, statement, &mut |machine, frame| {
                machine.body(frame, rest, then)
            }),
        }
    }

    fn statement(&mut self, frame: &mut Frame, statement: &Statement, then: Then<'_>) -> Flow {
        self.reach(statement.place);
        if statement.with.is_empty() {
            return self.kind(frame, &statement.kind, statement.place, then);
        }
        self.with(frame, statement, then)
    }

    fn kind(&mut self, frame: &mut Frame, kind: &Kind, place: Place, then: Then<'_>) -> Flow {
        match kind {
            Kind::Holds(term) => {
                self.term(
                    frame,
                    term,
                    place,
                    &mut |machine, frame, value| match value {
                        Value::Bool(false) => Ok(()),
                        _ => then(machine, frame),
                    },
                )
            }
            Kind::Unify(one, other) => self.unify(frame, one, other, place, then),
            Kind::Lift(slot, term) => self.unify(frame, &Term::Var(*slot), term, place, then),
            Kind::Not(kind) => {
                let found = self.kind(frame, kind, place, &mut |_, _| Err(Stop::Found));
                match is_found(found)? {
                    true => Ok(()),
                    false => then(self, frame),
                }
            }
            Kind::SomeIn {
                key,
                value,
                collection,
            } => self.term(frame, collection, place, &mut |machine, frame, all| {
                for (this, element) in elements(&all) {
                    machine.matches(frame, key, &this, place, &mut |machine, frame| {
                        machine.matches(frame, value, &element, place, then)
                    })?;
                }
                Ok(())
            }),
            Kind::Every {
                key,
                value,
                domain,
                body,
            } => self.term(
                frame,
                domain,
                place,
                &mut |machine, frame, all| match machine.every(frame, *key, *value, body, &all)? {
                    true => then(machine, frame),
                    false => Ok(()),
                },
            ),
            Kind::Print(terms) => {
                let mut line = Vec::new();
                for term in terms {
                    self.term(frame, term, place, &mut |_, _, all| {
                        let mut shown = elements(&all).into_iter().map(|(_, value)| match value {
                            Value::String(text) => text.to_string(),
                            value => shown(&value),
                        });
                        line.push(shown.next().unwrap_or_else(|| "<undefined>".to_owned()));
                        Ok(())
                    })?;
                }
                let place = self.program.place(place);
                if let Some(prints) = self.prints.as_mut().filter(|it| it.len() < MAX_PRINTS) {
                    prints.push(format!("{place}: {}", line.join(" ")));
                }
                then(self, frame)
            }
        }
    }

    /// Whether the body holds for every element. `false` if `all` is not a
    /// collection.
    fn every(
        &mut self,
        frame: &mut Frame,
        key: Slot,
        value: Slot,
        body: &[Statement],
        all: &Value,
    ) -> Result<bool, Stop> {
        if !matches!(all, Value::Array(_) | Value::Set(_) | Value::Object(_)) {
            return Ok(false);
        }
        for (this, element) in elements(all) {
            frame.0[key] = Some(this);
            frame.0[value] = Some(element);
            let found = self.body(frame, body, &mut |_, _| Err(Stop::Found));
            frame.0[key] = None;
            frame.0[value] = None;
            if !is_found(found)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn failure<T>(place: Place, what: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Failed(place, what.into()))
}

/// Whether an evaluation that stops at its first solution has one.
fn is_found(flow: Flow) -> Result<bool, Stop> {
    match flow {
        Ok(()) => Ok(false),
        Err(Stop::Found) => Ok(true),
        Err(failed @ Stop::Failed(..)) => Err(failed),
    }
}
