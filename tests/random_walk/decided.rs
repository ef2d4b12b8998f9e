//! Which decisions the steps came to, collected from what visits log.

use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// Every decision that a step can give (`rollout/*.rs`) or trouble with a call
/// can (`worker/visit.rs`), step by step.
pub(crate) const EVERY: [&str; 47] = [
    "starting Act Register",
    "starting Fail Call",
    "starting Fail GroupBusy",
    "starting Fail NeverOurTurn",
    "starting Fail NoApplication",
    "starting Fail NoGroup",
    "starting Fail Overtaken",
    "starting Fail Refused",
    "starting Fail Unavailable",
    "starting Move Deploying",
    "starting Move Registered",
    "starting Succeed Already",
    "starting Wait WaitingForAws",
    "starting Wait WaitingForGroup",
    "starting Wait WaitingForOlder",
    "registered Act Deploy",
    "registered Fail Overtaken",
    "registered Fail Unavailable",
    "registered Move Deploying",
    "registered Wait WaitingForAws",
    "registered Wait WaitingForGroup",
    "deploying Act Continue",
    "deploying Act Stop Abandoned false",
    "deploying Act Stop Abandoned true",
    "deploying Act Stop TimedOut false",
    "deploying Act Stop TimedOut true",
    "deploying Fail Abandoned",
    "deploying Fail Call",
    "deploying Fail Deployment None",
    "deploying Fail DeploymentGone",
    "deploying Fail TookTooLong",
    "deploying Fail Unavailable",
    "deploying Look Evidence",
    "deploying Look Service",
    "deploying Move RollingBack",
    "deploying Succeed Deployed",
    "deploying Succeed Shifted",
    "deploying Wait Stopping",
    "deploying Wait Underway",
    "deploying Wait WaitingForAws",
    "rolling back Fail Call",
    "rolling back Fail Deployment Failed",
    "rolling back Fail Deployment Succeeded",
    "rolling back Fail DeploymentGone",
    "rolling back Look Evidence",
    "rolling back Wait RollingBack",
    "rolling back Wait WaitingForAws",
];

/// What comes of so rare a coincidence that no number of walks promises it,
/// and stands in the steps' tables all the same.
pub(crate) const SELDOM: [&str; 8] = [
    "registered Fail Call",
    "registered Fail GroupBusy",
    "registered Fail NeverOurTurn",
    "registered Fail Refused",
    "registered Wait WaitingForOlder",
    "deploying Fail NotOurTaskDefinition",
    "rolling back Fail Deployment Unfinished",
    "rolling back Fail Unavailable",
];

/// Kinds of decisions that were seen; clones share them.
#[derive(Clone, Default)]
pub(crate) struct Decided(Arc<Mutex<BTreeSet<String>>>);

impl Decided {
    pub(crate) fn kinds(&self) -> BTreeSet<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl<S: Subscriber> Layer<S> for Decided {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        if said.message == "decided" {
            let kind = format!("{} {}", said.step, kind(&said.decision));
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(kind);
        }
    }
}

#[derive(Default)]
struct Said {
    message: String,
    step: String,
    decision: String,
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let place = match field.name() {
            "message" => &mut self.message,
            "step" => &mut self.step,
            "decision" => &mut self.decision,
            _ => return,
        };
        write!(place, "{value:?}").expect("text");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "step" {
            value.clone_into(&mut self.step);
        }
    }
}

/// The variants of a decision that make a difference, out of its `Debug` text.
fn kind(decision: &str) -> String {
    let mut words = decision
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut kind = vec![words.next().unwrap_or_default()];
    match kind[0] {
        "Succeed" => kind.push(after(decision, "live: ")),
        "Move" | "Look" | "Wait" | "Act" | "Fail" => kind.extend(words.next()),
        other => panic!("a decision of another kind: {other}"),
    }
    match kind.get(1) {
        Some(&"Stop") => kind.extend([after(decision, "why: "), after(decision, "roll_back: ")]),
        Some(&"Deployment") => kind.push(after(decision, "rollback: ")),
        Some(_) | None => {}
    }
    kind.join(" ")
}

fn after<'a>(text: &'a str, label: &str) -> &'a str {
    let (_, rest) = text.rsplit_once(label).unwrap_or_default();
    rest.split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
}
