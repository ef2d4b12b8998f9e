//! Determines which finding rules have found something in a test. That a rule
//! was evaluated proves nothing: it may never fire, and its tests may all be
//! for releases that pass.
//!
//! For each definition of a finding rule, a generated definition with the same
//! conditions is added. It never adds a finding, but calls a function that
//! records when the original would have added one. It is evaluated whenever a
//! test evaluates the rule, with whatever the test puts in place of the input.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use regorus::Value;
use regorus::unstable::{Rule, RuleHead};

use super::conditions::{File, modules};
use super::evaluator::Evaluator;
use super::files::is_test;
use super::generated_rules::{
    OURS, can_be_read, conditions, conjunction, head_value, header, source, with_files,
};
use super::rules::name_of;

/// The definitions that have fired, by place.
#[derive(Clone, Debug, Default)]
pub(super) struct Fired {
    notes: Arc<Mutex<Notes>>,
}

#[derive(Debug, Default)]
struct Notes {
    /// Fired in the test that is running.
    now: BTreeSet<String>,
    /// Fired in a test that passed.
    proven: BTreeSet<String>,
}

/// A definition of a finding rule.
struct Definition {
    place: String,
    /// The rule with its package.
    rule: String,
    /// The generated definition; `None` if there can be none.
    text: Option<String>,
}

/// The finding rules of a set, and which of them have fired.
pub(super) struct Canary {
    fired: Fired,
    definitions: BTreeMap<String, String>,
    /// Definitions for which no rule could be generated.
    unknown: BTreeSet<String>,
}

impl Canary {
    /// Adds generated definitions for these rules to the evaluator.
    pub(super) fn place(engine: &mut Evaluator, asked: &BTreeSet<String>) -> Self {
        let files = modules(engine);
        let fired = Fired::default();
        fired.add_to(engine);
        let (mut definitions, mut unknown) = (BTreeMap::new(), BTreeSet::new());
        let (mut texts, mut places) = (Vec::new(), Vec::new());
        for file in files.iter().filter(|file| !is_test(&file.path)) {
            let mut text = header(&file.module);
            let mut in_file = Vec::new();
            for one in finding_rules(file, asked) {
                match one.text {
                    Some(ours) => {
                        text.push_str(&ours);
                        in_file.push(one.place.clone());
                    }
                    None => {
                        unknown.insert(one.place.clone());
                    }
                }
                definitions.insert(one.place, one.rule);
            }
            if !in_file.is_empty() {
                texts.push(text);
                places.push(in_file);
            }
        }
        let (with_ours, are_in) = with_files(engine, &texts);
        *engine = with_ours;
        for (places, is_in) in places.into_iter().zip(are_in) {
            if !is_in {
                unknown.extend(places);
            }
        }
        Self {
            fired,
            definitions,
            unknown,
        }
    }

    /// Ends a test. What fired in a failed test proves nothing.
    pub(super) fn test_ended(&self, has_passed: bool) {
        let mut notes = self.fired.lock();
        let now = std::mem::take(&mut notes.now);
        if has_passed {
            notes.proven.extend(now);
        }
    }

    /// The number of definitions.
    pub(super) fn count(&self) -> usize {
        self.definitions.len()
    }

    /// The place and name of each definition that has fired in no test.
    /// `line_coverage` decides about definitions for which no rule could be
    /// generated.
    pub(super) fn untested(&self, reached: &dyn Fn(&str) -> bool) -> Vec<String> {
        let notes = self.fired.lock();
        let has_fired = |place: &String| match self.unknown.contains(place) {
            true => reached(place),
            false => notes.proven.contains(place),
        };
        let untested = self
            .definitions
            .iter()
            .filter(|(place, _)| !has_fired(place));
        let mut untested: Vec<(&String, &String)> = untested.collect();
        untested.sort_by_key(|(place, _)| by_line(place));
        untested
            .into_iter()
            .map(|(place, rule)| format!("{place}: {rule}"))
            .collect()
    }
}

/// A sort key by file and line, so that line 9 comes before line 10.
fn by_line(place: &str) -> (&str, u32) {
    let (file, line) = place.rsplit_once(':').unwrap_or((place, ""));
    (file, line.parse().unwrap_or_default())
}

impl Fired {
    fn lock(&self) -> parking_lot::MutexGuard<'_, Notes> {
        self.notes.lock()
    }

    /// Adds `bgw_fired(place)`, which records a definition, and
    /// `bgw_unseen(place)`, which is true until then: a definition that has
    /// fired need not be tried again.
    fn add_to(&self, engine: &mut Evaluator) {
        let place = |values: &[Value]| {
            values
                .first()
                .and_then(|value| value.as_string().ok().cloned())
        };
        let this = self.clone();
        let unseen = move |values: Vec<Value>| {
            let notes = this.lock();
            let is_seen = place(&values)
                .is_some_and(|place| notes.now.contains(&*place) || notes.proven.contains(&*place));
            Ok(Value::from(!is_seen))
        };
        let this = self.clone();
        let fired = move |values: Vec<Value>| {
            this.lock()
                .now
                .extend(place(&values).map(|place| place.to_string()));
            Ok(Value::from(true))
        };
        engine.add_function(&format!("{OURS}unseen"), Box::new(unseen));
        engine.add_function(&format!("{OURS}fired"), Box::new(fired));
    }
}

fn finding_rules(file: &File, asked: &BTreeSet<String>) -> Vec<Definition> {
    let mut found = Vec::new();
    for rule in &file.module.policy {
        let path = format!("data.{}.{}", file.package, name_of(rule));
        let Rule::Spec { .. } = &**rule else {
            continue;
        };
        if asked.contains(&path) {
            let place = format!("{}:{}", file.path, rule.span().line);
            let text = ours(rule, &place, &header(&file.module));
            found.push(Definition {
                rule: path.strip_prefix("data.").unwrap_or(&path).to_owned(),
                place,
                text,
            });
        }
    }
    found
}

/// The source of the generated definitions for one of the team's, one for each
/// body.
fn ours(rule: &Rule, place: &str, header: &str) -> Option<String> {
    let Rule::Spec { head, bodies, .. } = rule else {
        return None;
    };
    // An element of a set is a finding; a value given as a whole may be empty.
    let (refr, key, is_found) = match head {
        RuleHead::Set { refr, key, .. } => (refr, key.as_deref(), String::new()),
        RuleHead::Compr { refr, assign, .. } => {
            let value = assign.as_ref().map(|assign| &*assign.value);
            (refr, value, format!("; count({OURS}found) > 0"))
        }
        RuleHead::Func { .. } => return None,
    };
    let name = refr.span().text();
    let place = serde_json::to_string(place).ok()?;
    let start = match head {
        RuleHead::Set { .. } => format!("{name} contains {OURS}never if {{ {OURS}never := 0; "),
        RuleHead::Compr { .. } | RuleHead::Func { .. } => format!("{name} := set() if {{ "),
    };
    let one = |conditions: String, value: Option<&str>| {
        let found = value.map_or_else(String::new, |value| {
            format!(";\n{OURS}found := {value}{is_found}")
        });
        format!(
            "{start}{OURS}unseen({place}); count([1 |\n{conditions}{found}\n]) > 0; {OURS}fired({place}); false }}\n"
        )
    };
    let text: String = match bodies.as_slice() {
        [] => one("true".to_owned(), key.map(|key| source(key.span()))),
        bodies => {
            let each = bodies.iter().map(|body| {
                let conditions = conditions(rule, body);
                let statements = conditions
                    .iter()
                    .filter(|condition| condition.statement.is_some());
                let value = head_value(rule, body).map(|value| source(value.span()));
                one(conjunction(statements), value)
            });
            each.collect()
        }
    };
    can_be_read(&format!("{header}{text}")).then_some(text)
}
