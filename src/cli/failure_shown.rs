//! A failure's message by its parts, for the live page.

use crate::messages::message::Message;
use crate::page::FailureShown;

/// The parts of the message that the pipeline shows. The link is shown apart
/// from it.
pub(super) fn failure_shown(kind: &str, message: &str) -> FailureShown {
    let parsed = Message::parse(message);
    FailureShown {
        kind: kind.to_owned(),
        cause: parsed.what,
        places: parsed.at,
        remedy: parsed.next.lines().map(str::to_owned).collect(),
        evidence: parsed.evidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_shown_by_its_parts() {
        let message = "Deployment d-1 failed: a hook.\nApplication shop\n\
            What to do: Read the log.\nThen release again.\nEvidence:\n\
            AfterAllowTestTraffic failed\n\
            https://console/d-1";
        let failure = failure_shown("JobFailed", message);
        assert_eq!(failure.cause, "Deployment d-1 failed: a hook.");
        assert_eq!(failure.places, ["Application shop"]);
        assert_eq!(failure.remedy, ["Read the log.", "Then release again."]);
        assert_eq!(failure.evidence, ["AfterAllowTestTraffic failed"]);
    }
}
