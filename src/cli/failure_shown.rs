//! A failure's message by its parts, for the live page.

use crate::messages::message::Message;
use crate::page::FailureShown;

/// How ECS says that it stopped a task that was no longer needed.
const ROUTINE: &str = "ServiceSchedulerInitiated: Scaling activity initiated by";

/// The parts of the message that the pipeline shows. The link is shown apart
/// from it.
pub(super) fn failure_shown(kind: &str, message: &str) -> FailureShown {
    let parsed = Message::parse(message);
    let is_routine = |line: &String| line.contains(ROUTINE);
    let (routine, evidence) = parsed
        .evidence
        .into_iter()
        .partition::<Vec<_>, _>(is_routine);
    FailureShown {
        kind: kind.to_owned(),
        cause: parsed.what,
        places: parsed.at,
        remedy: parsed.next.lines().map(str::to_owned).collect(),
        evidence,
        routine: routine.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_that_are_routine_are_only_counted() {
        let message = "Deployment d-1 failed: a hook.\nApplication shop\n\
            What to do: Read the log.\nThen release again.\nEvidence:\n\
            AfterAllowTestTraffic failed\n\
            Task 1 stopped: ServiceSchedulerInitiated: Scaling activity initiated by (deployment 2)\n\
            https://console/d-1";
        let failure = failure_shown("JobFailed", message);
        assert_eq!(failure.cause, "Deployment d-1 failed: a hook.");
        assert_eq!(failure.places, ["Application shop"]);
        assert_eq!(failure.remedy, ["Read the log.", "Then release again."]);
        assert_eq!(failure.evidence, ["AfterAllowTestTraffic failed"]);
        assert_eq!(failure.routine, 1);
    }
}
