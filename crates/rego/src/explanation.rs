//! How the definitions of a rule came to its value, condition by condition.

use serde::{Deserialize, Serialize};

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
