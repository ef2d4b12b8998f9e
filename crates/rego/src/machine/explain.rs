//! Explains the definitions of rules condition by condition: in how many ways
//! each condition was met, which one failed, and with which values.
//!
//! A body is evaluated once more, and each statement counts how often the rest
//! of the body follows it. The first statement that nothing follows is the
//! condition that failed. For each way to it, the parts that the condition
//! watches are then evaluated.

use regorus::Value;
use serde::{Deserialize, Serialize};

use super::super::elements::elements;
use super::super::ir::{Clause, Comprehension, Condition, Kind, Rule, Statement, Term, Watched};
use super::{Flow, Frame, Machine, Place, Stop};

/// The most ways to a condition for which its values are shown.
const MAX_WAYS: usize = 3;

/// The most values that are shown for a reference with an open index.
const MAX_VALUES: usize = 3;

/// The most characters that are shown of a value or a condition. A container is
/// longer, but its path identifies it.
const MAX_TEXT: usize = 120;

/// One definition of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedDefinition {
    /// File and line.
    pub place: String,
    pub steps: Vec<Step>,
}

/// One condition of a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub line: u32,
    pub text: String,
    pub outcome: Outcome,
    /// The values of its references and calls if it failed, one line for each
    /// solution of the conditions before it.
    pub values: Vec<String>,
}

/// The result of a condition, given those before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was met, in this number of ways.
    Met(u64),
    /// It was never met.
    Failed,
    /// It could not be evaluated.
    Error(String),
    /// A condition before it was never met.
    NotReached,
}

/// The evaluation of a body.
struct Trace {
    /// How often each statement was met.
    ways: Vec<u64>,
    /// The statement that is being evaluated.
    at: usize,
}

impl Machine {
    /// Explains every definition with a body of the rule at this path. The
    /// program must have been compiled to be explained.
    pub fn explain(&self, path: &str) -> Vec<ExplainedDefinition> {
        let program = &self.program;
        let node = program.node_at(path).map(|node| &program.nodes[node]);
        let Some(group) = node.and_then(|node| node.group) else {
            return Vec::new();
        };
        let mut definitions = Vec::new();
        for rule in &program.groups[group].rules {
            let clauses = rule.clauses.iter();
            for clause in clauses.filter(|clause| !clause.conditions.is_empty()) {
                definitions.push(ExplainedDefinition {
                    place: program.place(rule.place),
                    steps: self.steps(rule, clause),
                });
            }
        }
        definitions
    }

    fn steps(&self, rule: &Rule, clause: &Clause) -> Vec<Step> {
        let mut conditions: Vec<&Condition> = clause.conditions.iter().collect();
        let mut body = clause.body.clone();
        if let Some(head) = &clause.head {
            body.push(Statement {
                place: clause.place,
                condition: conditions.len(),
                kind: Kind::Lift(rule.slots, clause.value.clone()),
                with: Vec::new(),
            });
            conditions.push(head);
        }
        // The last variable is the head's.
        let frame = Frame(vec![None; rule.slots + 1]);
        let (ways, error) = self.ways(&frame, &body);
        let mut steps = Vec::new();
        let (mut before, mut goes_on) = (1, true);
        for condition in in_order(&body, conditions.len()) {
            let is_part = |statement: &Statement| statement.condition == condition;
            let first = body.iter().position(is_part);
            let last = body.iter().rposition(is_part);
            let error = error.as_ref().filter(|(at, _)| is_part(&body[*at]));
            let outcome = match (goes_on, error, last.map_or(before, |last| ways[last])) {
                (false, _, _) => Outcome::NotReached,
                (true, Some((_, error)), _) => Outcome::Error(error.clone()),
                (true, None, 0) => Outcome::Failed,
                (true, None, ways) => Outcome::Met(ways),
            };
            let condition = conditions[condition];
            let values = match (&outcome, first) {
                (Outcome::Failed, Some(first)) => {
                    self.values(&frame, &body[..first], &condition.watched)
                }
                _ => Vec::new(),
            };
            match outcome {
                Outcome::Met(ways) => before = ways,
                _ => goes_on = false,
            }
            steps.push(Step {
                line: condition.line,
                text: one_line(&condition.text),
                outcome,
                values,
            });
        }
        steps
    }

    /// How often each statement is met, and the first that fails with an error.
    /// What stands before that one is counted to the end.
    fn ways(&self, frame: &Frame, body: &[Statement]) -> (Vec<u64>, Option<(usize, String)>) {
        let (mut end, mut error) = (body.len(), None);
        loop {
            let mut trace = Trace {
                ways: vec![0; body.len()],
                at: 0,
            };
            let counted = self
                .clone()
                .count(&mut frame.clone(), &body[..end], 0, &mut trace);
            let Err(Stop::Failed(place, what)) = counted else {
                return (trace.ways, error);
            };
            end = trace.at;
            error = Some(match place == body[end].place {
                true => (end, what),
                false => (end, format!("{}: {what}", self.program.place(place))),
            });
        }
    }

    /// Counts the statements from `at` on.
    fn count(
        &mut self,
        frame: &mut Frame,
        body: &[Statement],
        at: usize,
        trace: &mut Trace,
    ) -> Flow {
        let Some(statement) = body.get(at) else {
            return Ok(());
        };
        trace.at = at;
        self.statement(frame, statement, &mut |machine, frame| {
            trace.ways[at] += 1;
            machine.count(frame, body, at + 1, trace)?;
            trace.at = at;
            Ok(())
        })
    }

    /// A line for each way through the statements: the values of what is
    /// watched behind them.
    fn values(&self, frame: &Frame, before: &[Statement], watched: &[Watched]) -> Vec<String> {
        let (mut lines, mut ways) = (Vec::new(), 0);
        let all = self
            .clone()
            .body(&mut frame.clone(), before, &mut |machine, frame| {
                if ways < MAX_WAYS {
                    let values = watched.iter().filter_map(|it| machine.watched(frame, it));
                    lines.push(values.collect::<Vec<String>>().join("; "));
                }
                ways += 1;
                Ok(())
            });
        lines.retain(|line| !line.is_empty());
        lines.dedup();
        if all.is_ok() && ways > MAX_WAYS && !lines.is_empty() {
            lines.push(format!("… and {} more", ways - MAX_WAYS));
        }
        lines
    }

    /// The values of an expression, or its first prefix that is undefined.
    /// `None` if it needs a variable that has no value yet.
    fn watched(&self, frame: &Frame, Watched(prefixes): &Watched) -> Option<String> {
        let mut shown = None;
        for (text, all) in prefixes {
            let values = self.all(frame, all)?;
            let text = one_line(text);
            if values.is_empty() {
                return Some(format!("{text} is undefined"));
            }
            let more = if values.len() > MAX_VALUES {
                ", …"
            } else {
                ""
            };
            let values: Vec<String> = values.iter().take(MAX_VALUES).map(short).collect();
            shown = Some(format!("{text} = {}{more}", values.join(", ")));
        }
        shown
    }

    fn all(&self, frame: &Frame, all: &Comprehension) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        let term = Term::Comprehension(Box::new(all.clone()));
        let found = self.clone().term(
            &mut frame.clone(),
            &term,
            Place::default(),
            &mut |_, _, array| {
                values.extend(elements(&array).into_iter().map(|(_, value)| value));
                Ok(())
            },
        );
        found.is_ok().then_some(values)
    }
}

/// The conditions in the order in which they are evaluated. One that is only a
/// declaration stays behind the one before it.
fn in_order(body: &[Statement], count: usize) -> Vec<usize> {
    let mut behind = 0;
    let mut keys = Vec::new();
    for condition in 0..count {
        let last = body.iter().rposition(|it| it.condition == condition);
        behind = last.map_or(behind, |last| last + 1);
        keys.push((behind, condition));
    }
    keys.sort_unstable();
    keys.into_iter().map(|(_, condition)| condition).collect()
}

fn short(value: &Value) -> String {
    let text = value.to_json_str().unwrap_or_default();
    // regorus writes it on several lines.
    let json: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    let text = json.map_or(text, |json| json.to_string());
    shortened(&text)
}

/// Collapses a text to one line and shortens it.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    shortened(&words.join(" "))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
