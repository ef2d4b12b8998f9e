//! Why policies cannot be used.

use super::child::ChildError;
use super::question::Answer;

/// Why a policy set cannot be read, loaded or asked: every problem, with file and
/// line. Most come as text from the process that evaluates the rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policies cannot be used:\n{}", .0.join("\n"))]
pub struct SetProblem(pub Vec<String>);

impl SetProblem {
    /// Why the child process gave no answer, or none to this question.
    pub(super) fn unexpected(answer: Result<Answer, ChildError>) -> Self {
        Self(match answer {
            Ok(Answer::Problems(problems)) => problems,
            Ok(_) => vec!["the answer is to another question".into()],
            Err(error) => vec![error.to_string()],
        })
    }
}
