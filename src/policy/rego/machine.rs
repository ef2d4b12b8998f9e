//! Evaluation: each statement hands every way in which it holds to what comes
//! after it, so that a body has as many answers as there are ways through it.

mod call;
mod data;
mod rule;
mod term;
mod with;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use regorus::{Extension, Value};

use super::functions::Fault;
use super::ir::{Callee, Kind, Place, Program, Slot, Statement, Term};
use super::sprintf::shown;

/// How deep rules may be evaluated within others. Rules cannot depend on
/// themselves, but functions that replace others can.
const MAX_DEPTH: usize = 256;

/// Why there is no answer. It names no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(super) place: Place,
    pub(super) what: String,
}

/// Whether to go on with other ways.
type Flow = Result<bool, Failure>;
const GO_ON: Flow = Ok(true);

/// The variables of one rule.
struct Frame(Vec<Option<Value>>);

type Then<'a> = &'a mut dyn FnMut(&mut Machine, &mut Frame) -> Flow;
type Next<'a> = &'a mut dyn FnMut(&mut Machine, &mut Frame, Value) -> Flow;

/// What `with` replaces for a while, and what was found under it.
#[derive(Clone)]
struct World {
    input: Value,
    data: Value,
    /// Nodes whose rules are replaced by data.
    masked: BTreeSet<usize>,
    functions: BTreeMap<usize, Stand>,
    builtins: BTreeMap<String, Stand>,
    groups: HashMap<usize, Value>,
    calls: BTreeMap<(usize, Vec<Value>), Value>,
}

/// What stands in for a function.
#[derive(Clone)]
enum Stand {
    Value(Value),
    Function(Callee),
}

/// Lines of each file that were evaluated, and what was last seen there.
pub(crate) type Reached = BTreeMap<usize, BTreeSet<u32>>;

/// Evaluates rules of a program on one input.
#[derive(Clone)]
pub(crate) struct Machine {
    program: Rc<Program>,
    world: World,
    depth: usize,
    /// What must not change while an input is judged, such as the time.
    constants: HashMap<&'static str, Vec<(Vec<Value>, Value)>>,
    reached: Option<Reached>,
    prints: Vec<String>,
    /// Functions from outside.
    functions: BTreeMap<String, Box<dyn Extension>>,
}

impl Machine {
    pub(crate) fn new(program: Rc<Program>, data: Value) -> Self {
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
            program,
            world,
            depth: 0,
            constants: HashMap::new(),
            reached: None,
            prints: Vec::new(),
            functions: BTreeMap::new(),
        }
    }

    /// A function that policies may call where they may call any.
    pub(crate) fn add_function(&mut self, name: &str, function: Box<dyn Extension>) {
        self.functions.insert(name.to_owned(), function);
    }

    pub(crate) fn set_input(&mut self, input: Value) {
        self.world.input = input;
    }

    /// Keeps account of the lines that are evaluated.
    pub(crate) fn watch(&mut self) {
        self.reached = Some(Reached::new());
    }

    /// Lines that were evaluated, by file.
    pub(crate) fn reached(&self) -> BTreeMap<String, BTreeSet<u32>> {
        let reached = self.reached.iter().flatten();
        reached
            .map(|(file, lines)| (self.program.files[*file].clone(), lines.clone()))
            .collect()
    }

    /// What was printed, each with file and line.
    pub(crate) fn take_prints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.prints)
    }

    /// The value of a rule, by its path in `data`.
    ///
    /// # Errors
    ///
    /// Why it has none that could be relied on, with file and line.
    pub(crate) fn eval_rule(&mut self, path: &str) -> Result<Value, String> {
        let parts: Vec<String> = path.split('.').skip(1).map(str::to_owned).collect();
        let program = self.program.clone();
        let value = match program.node(&parts) {
            Some(node) => self.document(Some(node), None),
            None => Ok(Value::Undefined),
        };
        value.map_err(|failure| format!("{}: {}", program.place(failure.place), failure.what))
    }

    fn reach(&mut self, place: Place) {
        if let Some(reached) = &mut self.reached {
            reached.entry(place.file).or_default().insert(place.line);
        }
    }

    fn body(&mut self, frame: &mut Frame, statements: &[Statement], then: Then<'_>) -> Flow {
        let Some((statement, rest)) = statements.split_first() else {
            return then(self, frame);
        };
        self.reach(statement.place);
        if statement.with.is_empty() {
            return self.kind(
                frame,
                &statement.kind,
                statement.place,
                &mut |machine, frame| machine.body(frame, rest, then),
            );
        }
        self.with(
            frame,
            &statement.with,
            statement.place,
            &mut |machine, frame, world| {
                // What comes after the statement sees the world as it was.
                let mut swapped = world;
                machine
                    .kind(
                        frame,
                        &statement.kind,
                        statement.place,
                        &mut |machine, frame| {
                            std::mem::swap(&mut machine.world, &mut swapped);
                            let flow = machine.body(frame, rest, then);
                            std::mem::swap(&mut machine.world, &mut swapped);
                            flow
                        },
                    )
                    .map(|flow| (flow, swapped))
            },
        )
    }

    /// Whether there is any way through a body.
    fn any(&mut self, frame: &mut Frame, statements: &[Statement]) -> Result<bool, Failure> {
        let mut found = false;
        self.body(frame, statements, &mut |_, _| {
            found = true;
            Ok(false)
        })?;
        Ok(found)
    }

    fn kind(&mut self, frame: &mut Frame, kind: &Kind, place: Place, then: Then<'_>) -> Flow {
        match kind {
            Kind::Holds(term) => {
                self.term(
                    frame,
                    term,
                    place,
                    &mut |machine, frame, value| match value {
                        Value::Bool(false) => GO_ON,
                        _ => then(machine, frame),
                    },
                )
            }
            Kind::Unify(one, other) => self.unify(frame, one, other, place, then),
            Kind::Lift(slot, term) => self.unify(frame, &Term::Var(*slot), term, place, then),
            Kind::Not(kind) => {
                let mut found = false;
                self.kind(frame, kind, place, &mut |_, _| {
                    found = true;
                    Ok(false)
                })?;
                if found { GO_ON } else { then(self, frame) }
            }
            Kind::SomeIn {
                key,
                value,
                collection,
            } => self.term(frame, collection, place, &mut |machine, frame, all| {
                for (this, element) in elements(&all) {
                    let flow = machine.matches_key(
                        frame,
                        key.as_ref(),
                        &this,
                        place,
                        &mut |machine, frame| machine.matches(frame, value, &element, place, then),
                    )?;
                    if !flow {
                        return Ok(false);
                    }
                }
                GO_ON
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
                    false => GO_ON,
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
                        GO_ON
                    })?;
                }
                let place = self.program.place(place);
                self.prints.push(format!("{place}: {}", line.join(" ")));
                then(self, frame)
            }
        }
    }

    fn matches_key(
        &mut self,
        frame: &mut Frame,
        key: Option<&Term>,
        value: &Value,
        place: Place,
        then: Then<'_>,
    ) -> Flow {
        match key {
            Some(key) => self.matches(frame, key, value, place, then),
            None => then(self, frame),
        }
    }

    fn every(
        &mut self,
        frame: &mut Frame,
        key: Option<Slot>,
        value: Slot,
        body: &[Statement],
        all: &Value,
    ) -> Result<bool, Failure> {
        if !matches!(all, Value::Array(_) | Value::Set(_) | Value::Object(_)) {
            return Ok(false);
        }
        for (this, element) in elements(all) {
            if let Some(key) = key {
                frame.0[key] = Some(this);
            }
            frame.0[value] = Some(element);
            let holds = self.any(frame, body);
            frame.0[value] = None;
            if let Some(key) = key {
                frame.0[key] = None;
            }
            if !holds? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn fault(&self, place: Place, fault: &Fault) -> Failure {
        Failure {
            place,
            what: fault.to_string(),
        }
    }
}

fn failure<T>(place: Place, what: impl Into<String>) -> Result<T, Failure> {
    Err(Failure {
        place,
        what: what.into(),
    })
}

/// Keys and values; an element of a set is its own key.
pub(super) fn elements(all: &Value) -> Vec<(Value, Value)> {
    match all {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items
                .map(|(index, item)| (Value::from(index), item.clone()))
                .collect()
        }
        Value::Set(items) => items
            .iter_sorted()
            .map(|item| (item.clone(), item.clone()))
            .collect(),
        Value::Object(fields) => fields
            .iter_sorted()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Undefined => {
            Vec::new()
        }
    }
}
