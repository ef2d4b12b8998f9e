//! What the team allows: Rego rules and shipped controls, tried on what is
//! about to be registered, in a short-lived process that may come to grief.

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
mod rules;
mod schema;
mod set;
mod source;
mod steps;
mod syntax;
mod terms;
mod test_rules;
mod verdict;
mod watched;

pub use child::{Child, ChildError, TESTS_COMMAND, WORKER_COMMAND};
pub use controls::{Control, Level};
pub use files::{MAX_BYTES, MAX_FILE_BYTES, MAX_FILES, is_wanted};
pub use gate::{Gate, Preloaded, SetProblem};
pub use input::{Previous, Subject, document};
pub use inputs::{InputKind, answer};
pub use limits::{Work, confine_and_answer, confine_and_become};
pub use members_set::set_members;
pub use program::PROGRAM_COMMAND;
pub use question::{
    Answer, Definition, Explanation, Outcome, Question, RuleFinding, Step, Task, TestReport,
    TestResult, Text,
};
pub use remarks::{Remarks, untested};
pub use set::{DEFAULT_NAMESPACE, PolicySet, Recipe};
pub use source::{Bucket, Fetched, Source, parse_sources};
pub use terms::Terms;
