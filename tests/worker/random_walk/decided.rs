//! The kinds of decisions that occurred, collected from the log.

use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};
use std::sync::Arc;

use parking_lot::Mutex;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// Every decision that a step (`rollout/*.rs`) or a failed call
/// (`worker/follow.rs`) can lead to, step by step.
pub(crate) const EVERY: [&str; 55] = [
    "Starting Act Register",
    "Starting Fail Call",
    "Starting Fail GroupBusy",
    "Starting Fail NeverOurTurn",
    "Starting Fail NoApplication",
    "Starting Fail NoGroup",
    "Starting Fail NoService",
    "Starting Fail Overtaken",
    "Starting Fail Refused",
    "Starting Fail Unavailable",
    "Starting Observe Plan",
    "Starting Move Deploying",
    "Starting Move Registered",
    "Starting Succeed Already",
    "Starting Wait WaitingForAws",
    "Starting Wait WaitingForGroup",
    "Starting Wait WaitingForOlder",
    "Registered Act Deploy",
    "Registered Fail Call",
    "Registered Fail GroupBusy",
    "Registered Fail Overtaken",
    "Registered Fail Unavailable",
    "Registered Observe Plan",
    "Registered Move Deploying",
    "Registered Wait WaitingForAws",
    "Registered Wait WaitingForGroup",
    "Registered Wait WaitingForOlder",
    "Deploying Act Continue",
    "Deploying Act Stop Abandoned Stop",
    "Deploying Act Stop Abandoned Rollback",
    "Deploying Act Stop TaskFailure Stop",
    "Deploying Act Stop TaskFailure Rollback",
    "Deploying Act Stop TimedOut Stop",
    "Deploying Act Stop TimedOut Rollback",
    "Deploying Fail Abandoned",
    "Deploying Fail Deployment None",
    "Deploying Fail DeploymentGone",
    "Deploying Fail TookTooLong",
    "Deploying Fail Call",
    "Deploying Fail Unavailable",
    "Deploying Observe Evidence",
    "Deploying Observe Service",
    "Deploying Move RollingBack",
    "Deploying Succeed Deployed",
    "Deploying Succeed Shifted",
    "Deploying Wait Ended",
    "Deploying Wait Stopping",
    "Deploying Wait Underway",
    "Deploying Wait WaitingForAws",
    "RollingBack Fail Deployment Failed",
    "RollingBack Fail Deployment Succeeded",
    "RollingBack Fail Call",
    "RollingBack Observe Evidence",
    "RollingBack Wait Ended",
    "RollingBack Wait WaitingForAws",
];

/// Decisions that need so rare a coincidence that they may not occur in a
/// thousand walks.
pub(crate) const SELDOM: [&str; 9] = [
    "Starting Wait WaitingToSee",
    "Registered Wait WaitingToSee",
    "Registered Fail NeverOurTurn",
    "Registered Fail Refused",
    "Deploying Fail NoGroup",
    "Deploying Fail NotOurTaskDefinition",
    "RollingBack Fail Deployment Unfinished",
    "RollingBack Fail DeploymentGone",
    "RollingBack Fail Unavailable",
];

/// The kinds of decisions that occurred. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Decided(Arc<Mutex<BTreeSet<String>>>);

impl Decided {
    pub(crate) fn kinds(&self) -> BTreeSet<String> {
        self.0.lock().clone()
    }
}

impl<S: Subscriber> Layer<S> for Decided {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        if said.message == "decided" {
            let kind = format!("{} {}", said.step, kind(&said.decision));
            self.0.lock().insert(kind);
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

/// The significant variants of a decision, from its `Debug` text.
fn kind(decision: &str) -> String {
    let mut words = decision
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut kind = vec![words.next().unwrap_or_default()];
    match kind[0] {
        "Succeed" => kind.push(after(decision, "live: ")),
        "Move" | "Observe" | "Wait" | "Act" | "Fail" => kind.extend(words.next()),
        other => panic!("a decision of another kind: {other}"),
    }
    match kind.get(1) {
        Some(&"Stop") => kind.extend([after(decision, "why: "), after(decision, "mode: ")]),
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
