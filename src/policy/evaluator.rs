//! The parser together with our evaluator. Files can be added later, such as
//! the generated rules that explain a rule.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::ops::{Deref, DerefMut};

use regorus::unstable::Module;
use regorus::{Engine, Extension, PolicyLengthConfig, Value};

use super::files::is_test;
use super::rego::{Machine, Manner, Notations, Policies};
use super::rule_findings::limited;

/// The longest line, in characters. Public policy sets have whole documents on
/// one line, half as long as this; regorus allows 1,024 by default.
pub(super) const MAX_LINE: u32 = 64 * 1024;

/// The file name of generated rules.
pub(super) const GENERATED: &str = "<generated>";

/// Parsed policies and the machine that evaluates them. Dereferences to the
/// regorus engine, for access to the syntax trees.
#[derive(Clone)]
pub(super) struct Evaluator {
    engine: Engine,
    machine: Machine,
    /// Unusual notations of the numbers in `data`.
    documents: Notations,
    input: (Value, Notations),
    is_watched: bool,
    functions: BTreeMap<String, Box<dyn Extension>>,
}

impl Evaluator {
    /// Compiles everything that `engine` has parsed. `documents` has the
    /// notations of the numbers in its data documents.
    ///
    /// # Errors
    ///
    /// Everything that cannot be evaluated as OPA would, with file and line.
    pub(super) fn new(mut engine: Engine, documents: Notations) -> Result<Self, Vec<String>> {
        Ok(Self {
            machine: machine(&mut engine, &documents)?,
            engine,
            documents,
            input: (Value::Undefined, Notations::default()),
            is_watched: false,
            functions: BTreeMap::new(),
        })
    }

    /// Compiles again, with the files that were added since.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub(super) fn prepare(&mut self) -> Result<(), Vec<String>> {
        self.machine = machine(&mut self.engine, &self.documents)?;
        let (input, notations) = &self.input;
        self.machine.set_input(input.clone(), notations);
        if self.is_watched {
            self.machine.watch();
        }
        for (name, function) in &self.functions {
            self.machine.add_function(name, function.clone());
        }
        Ok(())
    }

    pub(super) fn set_input(&mut self, input: Value, notations: Notations) {
        self.machine.set_input(input.clone(), &notations);
        self.input = (input, notations);
    }

    /// Records from now on which lines are evaluated.
    pub(super) fn watch(&mut self) {
        self.is_watched = true;
        self.machine.watch();
    }

    /// Adds a function that the generated rules may call.
    pub(super) fn add_function(&mut self, name: &str, function: Box<dyn Extension>) {
        self.machine.add_function(name, function.clone());
        self.functions.insert(name.to_owned(), function);
    }

    /// The value of a rule, by its path in `data`.
    ///
    /// # Errors
    ///
    /// Why the evaluation failed, with file and line.
    pub(super) fn eval_rule(&mut self, path: &str) -> Result<Value, String> {
        self.machine.eval_rule(path)
    }

    pub(super) fn take_prints(&mut self) -> Vec<String> {
        self.machine.take_prints()
    }

    /// The lines that were evaluated, by file.
    pub(super) fn reached(&self) -> BTreeMap<String, BTreeSet<u32>> {
        self.machine.reached()
    }
}

fn machine(engine: &mut Engine, documents: &Notations) -> Result<Machine, Vec<String>> {
    let data = engine.get_data();
    let modules = engine.get_modules().iter();
    let modules: Vec<&Module> = modules.map(|module| &**module).collect();
    let manner = |path: &str| match path {
        GENERATED => Manner::Ours,
        path if is_test(path) => Manner::Test,
        _ => Manner::Strict,
    };
    Ok(Policies::new(&modules, &manner)?.machine(data, documents.clone()))
}

/// The limits for the parser.
pub(super) fn lengths() -> PolicyLengthConfig {
    PolicyLengthConfig {
        // regorus counts the position behind the end of the line as well.
        max_col: NonZeroU32::MIN.saturating_add(MAX_LINE),
        ..PolicyLengthConfig::default()
    }
}

/// Reduces a message of regorus, which quotes the source, to `place: message`.
pub(super) fn in_one_line(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let place = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("--> "))
        .map(str::trim);
    let what = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("error: "))
        .map(str::trim);
    match (place, what) {
        (Some(place), Some(what)) => format!("{place}: {what}"),
        _ => limited(&text.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}

impl Deref for Evaluator {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.engine
    }
}

impl DerefMut for Evaluator {
    fn deref_mut(&mut self) -> &mut Engine {
        &mut self.engine
    }
}
