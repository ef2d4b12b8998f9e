//! Messages for findings of the team's policies.

use crate::messages::Words;
use crate::release::finding::PolicyFinding;

// The rule's name starts the line, so that it is never cut off.
pub(super) fn words(finding: &PolicyFinding) -> Words {
    match finding {
        PolicyFinding::Found {
            rule,
            message,
            remedy,
        } => Words::new(
            format!("[policy {rule}] {message}"),
            remedy.as_ref().map_or("", |remedy| remedy.as_str()),
        ),
        PolicyFinding::Exempted {
            rule,
            message,
            reason,
            until,
            ends_soon,
        } => Words::new(
            format!("[policy {rule}] {message}; exempted until {until}: {reason}"),
            if *ends_soon {
                "correct it before the exemption ends, or ask the operator for more time"
            } else {
                ""
            },
        ),
        PolicyFinding::NotJudged { rule } => Words::new(
            format!("[policy {rule}] not judged: the image is a stand-in"),
            "add its file to have the image judged",
        ),
        PolicyFinding::ExemptionEnded { rule, until } => Words::new(
            format!("[policy {rule}] the exemption ended ({until})"),
            "correct what the rule found, or ask the operator for more time",
        ),
        PolicyFinding::NotEvaluated { reason } => Words::new(
            format!("the policies could not be evaluated: {reason}"),
            "tell the team that writes them; without their answer nothing is released",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_named_after_what_it_says() {
        let found = |remedy: Option<&str>| {
            words(&PolicyFinding::Found {
                rule: "main.deny".into(),
                message: "web runs as root".into(),
                remedy: remedy.map(Into::into),
            })
            .to_string()
        };
        assert_eq!(found(None), "[policy main.deny] web runs as root");
        assert_eq!(
            found(Some("set user")),
            "[policy main.deny] web runs as root → set user"
        );
    }
}
