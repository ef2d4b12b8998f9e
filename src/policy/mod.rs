//! What the team allows: Rego rules and shipped controls, tried on what is
//! about to be registered, in a short-lived process that may come to grief.

mod builtins;
mod child;
pub mod controls;
mod dialect;
mod differences;
mod documents;
mod engine;
mod exemption;
mod explain;
mod files;
mod found;
mod gate;
mod input;
mod limits;
mod parameters;
mod place;
mod program;
mod question;
mod rules;
mod set;
mod source;
mod talk;
mod terms;
mod test_rules;
mod verdict;

pub use child::{Child, Mishap, TESTS_COMMAND, WORKER_COMMAND};
pub use controls::{Control, Level};
pub use files::{MAX_BYTES, MAX_FILE_BYTES, MAX_FILES, is_wanted};
pub use gate::{Ahead, Gate, SetProblem};
pub use input::{Previous, Subject, document};
pub use limits::{Work, confine_and_answer, confine_and_become};
pub use program::PROGRAM_COMMAND;
pub use question::{
    Answer, Definition, Explanation, Question, RuleFinding, Step, Task, TestReport, TestResult,
    Text,
};
pub use set::{DEFAULT_NAMESPACE, PolicySet, Recipe};
pub use source::{Bucket, Fetched, Source, parse_sources};
pub use terms::Terms;
