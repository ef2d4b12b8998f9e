//! What the team allows: Rego rules and shipped controls, tried on what is
//! about to be registered, in a short-lived process that may come to grief.

mod child;
pub mod controls;
mod dialect;
mod engine;
mod gate;
mod input;
mod limits;
mod place;
mod question;
mod set;
mod test_rules;

pub use child::{Child, Mishap};
pub use controls::{Control, Level};
pub use gate::{Gate, SetProblem};
pub use input::{Subject, document};
pub use limits::confine_and_answer;
pub use question::{Answer, Question, RuleFinding, Task, TestResult};
pub use set::{DEFAULT_NAMESPACE, PolicySet};
