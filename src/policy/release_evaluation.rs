//! Evaluates everything that decides about a release, in parallel: the policy
//! set, the artifact's own policies, and the operator's programs.

use super::child::{Child, ChildError, Reading};
use super::input::Subject;
use super::policy_set::PolicySet;
use super::question::{Answer, RuleFinding, Task, Text};
use super::set_problem::SetProblem;
use crate::job::request::FileRef;
use crate::release::bundle::{Bundle, Unreadable};

/// Whose rules an answer comes from.
#[derive(Clone, Copy)]
pub(super) enum Whose {
    Team,
    Artifact,
}

/// The reason given if an evaluating thread ended without an answer.
pub(super) const GIVEN_UP: &str = "the evaluation was given up";

/// The findings of one evaluation, or why it failed.
pub(super) type Answered = Result<Vec<RuleFinding>, Vec<String>>;

/// Runs all evaluations of a release, each in a thread, and waits for all of
/// them. `reading` has loaded the set's rules already. `own` are the artifact's
/// own policies, with the document that they see.
pub(super) fn evaluate(
    set: &PolicySet,
    child: &Child,
    reading: Option<Reading>,
    document: &str,
    own: Option<(Vec<Text>, String)>,
) -> Vec<(Whose, Answered)> {
    let set_rules = move || {
        let reading = reading.map_or_else(|| child.read(&set.question(Task::Evaluate)), Ok);
        found(reading, document)
    };
    std::thread::scope(|scope| {
        let mut threads = Vec::new();
        if set.has_rules() {
            threads.push((Whose::Team, scope.spawn(set_rules)));
        }
        if let Some((policies, document)) = own {
            let own_rules = move || found(child.read(&set.own_question(policies)), &document);
            threads.push((Whose::Artifact, scope.spawn(own_rules)));
        }
        for program in &set.terms().programs {
            let ask = move || {
                let answer = program.ask(child.program(), document);
                answer.map_err(|error| vec![error.to_string()])
            };
            threads.push((Whose::Team, scope.spawn(ask)));
        }
        let lost = |_| Err(vec![GIVEN_UP.to_owned()]);
        let joined = threads.into_iter();
        joined
            .map(|(whose, thread)| (whose, thread.join().unwrap_or_else(lost)))
            .collect()
    })
}

fn found(reading: Result<Reading, ChildError>, document: &str) -> Answered {
    let answer = reading.and_then(|reading| reading.answer(document.to_owned()));
    match answer {
        Ok(Answer::Findings(found)) => Ok(found),
        other => Err(SetProblem::unexpected(other).0),
    }
}

/// The artifact's own policies, if the operator allows them and there are any.
pub(super) fn own_policies(
    set: &PolicySet,
    subject: &Subject<'_>,
    bundle: &Bundle,
) -> Result<Option<Vec<Text>>, String> {
    let Some(path) = &set.terms().artifact_policy else {
        return Ok(None);
    };
    let file = FileRef {
        artifact: subject.request.task_definition.artifact.clone(),
        path: path.clone(),
    };
    let cannot = |why: &str| format!("{path} (artifact {}): {why}", file.artifact);
    match bundle.files.get(&file) {
        None | Some(Err(Unreadable::NoSuchEntry { .. })) => Ok(None),
        Some(Err(_)) => Err(cannot("the policy cannot be read")),
        Some(Ok(bytes)) => match String::from_utf8(bytes.clone()) {
            Ok(text) => Ok(Some(vec![Text::new(path, text)])),
            Err(_) => Err(cannot("the policy is not text")),
        },
    }
}
