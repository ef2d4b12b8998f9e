//! Policy checks: Rego rules, shipped controls and the operator's programs, run
//! on a release before anything is registered.
//!
//! A [`PolicySet`] is what the operator configured: rules and data, the levels
//! of the shipped controls, and the [`Terms`] (exemptions, parameters,
//! programs). The [`Gate`] evaluates it for each release.
//!
//! Policy text can loop, exhaust memory or crash its evaluator, so the worker
//! never parses or evaluates Rego in its own process. It sends a [`Question`]
//! to a child process of the same binary ([`Child`]), which limits its memory
//! and processor time, evaluates, and writes an [`Answer`]
//! ([`confine_and_answer`]). Any failure of the child refuses the release.
//!
//! In the child, `inputs` splits the question by kind of input, `engine` loads
//! the files and carries out the task, and `rego` is the evaluator itself.
//! `steps`, `beside`, `watched` and `reached` explain how rules came to their
//! results; `test_rules` and `fired` run tests. Back in the worker, `verdict`
//! applies exemptions, locates findings in the author's files and redacts
//! values of environment variables.

mod asking;
mod beside;
mod builtins;
mod child;
mod child_io;
pub mod controls;
mod dialect;
mod differences;
mod documents;
mod engine;
mod evaluator;
mod exemption;
mod explain;
mod files;
mod fired;
mod found;
mod gate;
mod input;
mod input_deployment;
mod input_places;
mod inputs;
mod limits;
mod members;
mod members_set;
mod not_asked;
mod parameters;
mod place;
mod program;
mod question;
mod reached;
mod redact;
mod rego;
mod remarks;
mod rule_levels;
mod rules;
mod schema;
mod set;
mod set_problem;
mod source;
mod steps;
mod syntax;
mod terms;
mod test_rules;
mod verdict;
mod watched;
mod yaml_words;

pub use child::{Child, ChildError, TESTS_COMMAND, WORKER_COMMAND};
pub use controls::{Control, Level};
pub use files::{MAX_BYTES, MAX_FILE_BYTES, MAX_FILES, is_wanted};
pub use gate::{Gate, Preloaded};
pub use input::{Previous, Subject, document};
pub use inputs::{InputKind, answer};
pub use limits::{Work, confine_and_answer, confine_and_become};
pub use members_set::{NotSet, set_members};
pub use program::PROGRAM_COMMAND;
pub use question::{
    Answer, Definition, Explanation, Outcome, Question, RuleFinding, Step, Task, TestReport,
    TestResult, Text,
};
pub use remarks::{Remarks, untested};
pub use set::{DEFAULT_NAMESPACE, PolicySet, Recipe};
pub use set_problem::SetProblem;
pub use source::{Bucket, Fetched, Source, parse_sources};
pub use terms::Terms;
