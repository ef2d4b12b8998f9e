//! Why policies cannot be used.

/// Why a policy set cannot be read, loaded or asked: every problem, with file and
/// line. Most come as text from the process that evaluates the rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policies cannot be used:\n{}", .0.join("\n"))]
pub struct SetProblem(pub Vec<String>);
