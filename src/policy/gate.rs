//! The gate before registration: evaluates the policies for every release. A
//! failure of the evaluation refuses the release.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;
use tracing::{error, info, warn};

use super::child::{Child, Reading};
use super::input::{Subject, document, own_document};
use super::policy_set::PolicySet;
use super::question::{Answer, Explanation, PolicySetWarnings, Task};
use super::redact::Redactor;
use super::release_evaluation::{Answered, GIVEN_UP, Whose, evaluate, own_policies};
use super::set_problem::SetProblem;
use super::set_testing::untested_by_terms;
use super::verdict::{MAX_MESSAGE, findings};
use crate::blocking::{in_place, run_blocking};
use crate::job::Excerpt;
use crate::release::bundle::Bundle;
use crate::release::finding::{Finding, Place, PolicyFinding};

/// A typical release, on which a changed policy set is evaluated before it
/// replaces the current one.
const SAMPLE: &str = include_str!("../../policies/input.example.json");

/// Maximum number of reasons that are given if an evaluation failed. An artifact's
/// own rules can fail thousands of times, and each reason is logged.
const MAX_REASONS: usize = 20;

/// The most warnings of one kind that are logged when a set is loaded; `policy
/// check` prints all of them.
const MAX_LOGGED: usize = 20;

/// A loaded policy set, and the child processes that evaluate it. Clones share
/// the set, so that [`Gate::replace`] takes effect for all of them at once.
#[derive(Clone, Debug)]
pub struct Gate {
    set: Arc<Mutex<Arc<PolicySet>>>,
    child: Child,
}

impl Gate {
    /// Loads the policies once, to verify them, and logs the remarks about
    /// them.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn open(set: PolicySet, child: Child) -> Result<Self, SetProblem> {
        let (gate, warnings) = Self::examine(set, child)?;
        log_warnings(&gate.set(), &warnings);
        Ok(gate)
    }

    /// Like [`Self::open`], but returns the remarks about the set and logs
    /// nothing.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the policies.
    pub fn examine(set: PolicySet, child: Child) -> Result<(Self, PolicySetWarnings), SetProblem> {
        let mut warnings = load(&set, &child)?;
        warnings.untested = untested_by_terms(&set, &child)?;
        let set = Arc::new(Mutex::new(Arc::new(set)));
        Ok((Self { set, child }, warnings))
    }

    /// Replaces the policy set, if the new one loads and can be evaluated on a
    /// typical release. Otherwise the old one stays in effect. Returns `false`
    /// if the set is unchanged.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the new set.
    pub fn replace(&self, set: PolicySet) -> Result<bool, SetProblem> {
        if set.hash() == self.set().hash() {
            return Ok(false);
        }
        let new = Self::open(set, self.child.clone())?;
        new.try_out()?;
        let set = new.set();
        let mut current = self.set.lock();
        *current = set;
        Ok(true)
    }

    /// Evaluates the set on a typical release.
    ///
    /// # Errors
    ///
    /// Why the evaluation failed.
    pub fn try_out(&self) -> Result<(), SetProblem> {
        let set = self.set();
        if !set.has_rules() {
            return Ok(());
        }
        match self.child.ask(&set.question(Task::Evaluate), SAMPLE.into()) {
            Ok(Answer::Findings(_)) => Ok(()),
            other => Err(SetProblem::unexpected(other)),
        }
    }

    /// The current set.
    #[must_use]
    pub fn set(&self) -> Arc<PolicySet> {
        let set = self.set.lock();
        set.clone()
    }

    /// The path of the file in an artifact that may hold further policies, if
    /// the operator allows it.
    #[must_use]
    pub fn artifact_policy(&self) -> Option<String> {
        self.set().terms().artifact_policy.clone()
    }

    /// Starts a child process that loads the rules while the release is still
    /// being examined. Returns `None` if there are no rules, or if the process
    /// cannot be started; [`Self::review`] then starts one itself.
    pub async fn preload(&self) -> Option<Preloaded> {
        let (set, child) = (self.set(), self.child.clone());
        if !set.has_rules() {
            return None;
        }
        let read = move || {
            let reading = child.read(&set.question(Task::Evaluate)).ok()?;
            Some(Preloaded { set, reading })
        };
        run_blocking(read).await.ok()?
    }

    /// Evaluates the policies for a release and returns their findings. A
    /// finding that is an error refuses the release. Logs one event, which
    /// contains no value of the input.
    ///
    /// The process in `preloaded` is used unless it has ended or the set was
    /// replaced since it was started.
    pub async fn review(
        &self,
        preloaded: Option<Preloaded>,
        subject: &Subject<'_>,
        bundle: &Bundle,
    ) -> Vec<Finding> {
        let document = document(subject);
        self.review_document(preloaded, &document, subject, bundle)
            .await
    }

    /// Like [`Self::review`], with a given document.
    pub async fn review_document(
        &self,
        preloaded: Option<Preloaded>,
        document: &Value,
        subject: &Subject<'_>,
        bundle: &Bundle,
    ) -> Vec<Finding> {
        let set = self.set();
        let (own, failed) = match own_policies(&set, subject, bundle) {
            Ok(own) => (own, None),
            Err(problem) => (None, Some((Whose::Artifact, Err(vec![problem])))),
        };
        let own_document = match &own {
            Some(_) => own_document(document, subject.request.options.task_definition),
            None => Value::Null,
        };
        let own = own.map(|policies| (policies, own_document.to_string()));
        let is_of_use = |preloaded: &Preloaded| {
            Arc::ptr_eq(&preloaded.set, &set) && preloaded.reading.goes_on()
        };
        let preloaded = preloaded.filter(is_of_use);
        let reading = preloaded.map(|preloaded| preloaded.reading);
        let (asked, child, text) = (set.clone(), self.child.clone(), document.to_string());
        let answers = run_blocking(move || evaluate(&asked, &child, reading, &text, own)).await;
        let answers =
            answers.unwrap_or_else(|_| vec![(Whose::Team, Err(vec![GIVEN_UP.to_owned()]))]);
        let redactor = LazyCell::new(|| Redactor::of(document));
        let review = |(whose, answer): (Whose, Answered)| {
            let seen = match whose {
                Whose::Team => document,
                Whose::Artifact => &own_document,
            };
            match answer {
                Ok(found) if found.is_empty() => Vec::new(),
                Ok(found) => {
                    let exemptions = &set.terms().exemptions;
                    findings(&found, exemptions, subject, bundle, &redactor, seen)
                }
                Err(mut problems) => {
                    let more = problems.len().saturating_sub(MAX_REASONS);
                    problems.truncate(MAX_REASONS);
                    problems.extend((more > 0).then(|| format!("and {more} more")));
                    let reason = |reason: &String| PolicyFinding::NotEvaluated {
                        reason: Excerpt::within(&redactor.clean(reason), MAX_MESSAGE),
                    };
                    let reasons = problems.iter().map(reason);
                    reasons
                        .map(|it| Finding::error(Place::default(), it))
                        .collect()
                }
            }
        };
        // A thousand long findings take a while.
        let reviewed: Vec<Finding> =
            in_place(|| failed.into_iter().chain(answers).flat_map(review).collect());
        audit(&set, &reviewed, subject);
        reviewed
    }

    /// Explains for each rule how it came to its findings about a document, or
    /// to none.
    ///
    /// # Errors
    ///
    /// Why that could not be determined.
    pub fn explain(&self, document: &Value) -> Result<Vec<Explanation>, SetProblem> {
        let document = document.to_string();
        match self
            .child
            .ask(&self.set().question(Task::Explain), document)
        {
            Ok(Answer::Explained(explanations)) => Ok(explanations),
            other => Err(SetProblem::unexpected(other)),
        }
    }
}

/// Loads a set and returns remarks about it.
fn load(set: &PolicySet, child: &Child) -> Result<PolicySetWarnings, SetProblem> {
    let missing = set
        .terms()
        .programs
        .iter()
        .filter(|program| !program.is_there());
    let missing: Vec<String> = missing
        .map(|program| format!("check {}: there is no such program", program.name))
        .collect();
    if !missing.is_empty() {
        return Err(SetProblem(missing));
    }
    if !set.has_rules() {
        return Ok(PolicySetWarnings::default());
    }
    match child.ask(&set.question(Task::Load), "{}".into()) {
        Ok(Answer::Loaded(warnings)) => Ok(PolicySetWarnings {
            idle_exemptions: set.idle_exemptions(),
            ..warnings
        }),
        other => Err(SetProblem::unexpected(other)),
    }
}

fn log_warnings(set: &PolicySet, warnings: &PolicySetWarnings) {
    for kind in warnings.kinds() {
        for remark in kind.iter().take(MAX_LOGGED) {
            warn!(policy.set = set.hash(), %remark, "a policy needs attention");
        }
        if kind.len() > MAX_LOGGED {
            let more = kind.len() - MAX_LOGGED;
            warn!(
                policy.set = set.hash(),
                more, "`policy check` prints the others"
            );
        }
    }
}

/// A child process that loads, or has loaded, the rules of a set and waits for
/// a document. Dropping it kills the process.
#[derive(Debug)]
pub struct Preloaded {
    set: Arc<PolicySet>,
    reading: Reading,
}

/// Logs one event for each evaluation: the pipeline, the set and the verdict.
fn audit(set: &PolicySet, findings: &[Finding], subject: &Subject<'_>) {
    let errors = findings.iter().filter(|f| f.is_error()).count();
    // A rule may find hundreds of things that one exemption covers.
    let exempted = findings
        .iter()
        .filter_map(|finding| match finding.policy() {
            Some(PolicyFinding::Exempted {
                rule,
                until,
                ends_soon,
                ..
            }) => Some((rule, until, *ends_soon)),
            _ => None,
        });
    let exempted: BTreeSet<(&Excerpt, &Excerpt, bool)> = exempted.collect();
    let shown = exempted.iter();
    let shown: Vec<String> = shown
        .map(|(rule, until, _)| format!("{rule} until {until}"))
        .collect();
    let pipeline = subject.pipeline;
    info!(
        pipeline.name = pipeline.pipeline,
        pipeline.execution = pipeline.pipeline_execution.as_deref().unwrap_or_default(),
        policy.set = set.hash(),
        policy.verdict = if errors > 0 { "refused" } else { "passed" },
        policy.errors = errors,
        policy.warnings = findings.len() - errors,
        policy.exempted = shown.join(", "),
        "policies evaluated"
    );
    for finding in findings {
        if let Some(PolicyFinding::NotEvaluated { reason }) = finding.policy() {
            error!(%reason, "the policies could not be evaluated");
        }
    }
    for (rule, until, _) in exempted.into_iter().filter(|(_, _, ends_soon)| *ends_soon) {
        warn!(%rule, %until, "an exemption ends soon");
    }
}
