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
//! the files and carries out the task. The crate `rego` is the evaluator itself,
//! which also explains how rules came to their results. `test_rules` runs tests. Back
//! in the worker, `verdict` applies exemptions, locates findings in the author's
//! files and redacts values of environment variables.

mod child;
mod child_io;
pub mod controls;
mod documents;
mod engine;
mod exemption;
mod files;
mod gate;
mod input;
mod input_places;
mod inputs;
mod limits;
mod operator_program;
mod parameters;
mod place;
mod policy_set;
mod question;
mod redact;
mod release_evaluation;
mod rule_findings;
mod rule_levels;
mod rules;
mod schema;
mod set_members;
mod set_problem;
mod set_testing;
mod source;
mod terms;
mod test_rules;
mod unevaluated_rules;
mod unknown_data;
mod unknown_members;
mod verdict;

pub use child::{Child, ChildError, TESTS_COMMAND, WORKER_COMMAND};
pub use controls::Control;
pub use files::{MAX_BYTES, MAX_FILE_BYTES, MAX_FILES, is_wanted};
pub use gate::{Gate, Preloaded};
pub use input::{Previous, Subject, document};
pub use inputs::answer;
pub use limits::{Work, confine_and_answer, confine_and_become};
pub use operator_program::PROGRAM_COMMAND;
pub use policy_set::{DEFAULT_NAMESPACE, PolicySet, Recipe};
pub use question::{
    Answer, Explanation, InputKind, Level, PolicySetWarnings, Question, RuleFinding, Task,
    TestReport, TestResult, Text,
};
pub use rego::{ExplainedDefinition, Outcome, Step};
pub use set_members::{NotSet, set_members};
pub use set_problem::SetProblem;
pub use set_testing::{run_tests, untested};
pub use source::{Bucket, Fetched, Source, parse_sources};
pub use terms::Terms;
