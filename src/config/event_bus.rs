//! The event bus for release events.

use crate::job::is_account;

/// Maximum length of a bus's name in characters.
const MAX_NAME: usize = 256;

/// The name or ARN of an event bus, in the form that `PutEvents` accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventBusName(String);

impl EventBusName {
    /// Parses `name` or `arn:aws:events:REGION:ACCOUNT:event-bus/name`.
    ///
    /// # Errors
    ///
    /// A message for the operator if it is neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        let name = match text.split_once(":event-bus/") {
            Some((owner, name)) if is_owner(owner) => name,
            Some(_) | None => text,
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if !(1..=MAX_NAME).contains(&name.len()) || !name.chars().all(allowed) {
            // Before an `@` there may be a password.
            let shown = text.rsplit('@').next().unwrap_or_default();
            return Err(format!(
                "`{shown}` is neither a name of 1 to {MAX_NAME} letters, digits, `.`, `-` and `_` \
                 nor an ARN such as arn:aws:events:eu-west-1:111122223333:event-bus/releases"
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name or ARN for calls to AWS.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `text` is `arn:aws:events:REGION:ACCOUNT`, in any partition.
fn is_owner(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "events", region, account] = parts[..] else {
        return false;
    };
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    partition.starts_with("aws")
        && partition.chars().all(allowed)
        && !region.is_empty()
        && region.chars().all(allowed)
        && is_account(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_has_a_name_or_an_arn() {
        let longest = "x".repeat(MAX_NAME);
        for good in [
            "default",
            "team.releases-1_x",
            &longest,
            "arn:aws:events:eu-west-1:111122223333:event-bus/releases",
            "arn:aws-us-gov:events:us-gov-west-1:111122223333:event-bus/default",
        ] {
            let bus = EventBusName::parse(good);
            assert_eq!(bus.as_ref().map(EventBusName::as_str), Ok(good));
        }
        for bad in [
            "",
            " default",
            "team/releases",
            &format!("{longest}x"),
            "aws.partner/example.com/a",
            "arn:aws:events:eu-west-1:111122223333:rule/releases",
            "arn:aws:events:eu-west-1:1111:event-bus/releases",
            "arn:aws:events::111122223333:event-bus/releases",
            "arn:aws:sqs:eu-west-1:111122223333:event-bus/releases",
            "arn:aws:events:eu-west-1:111122223333:event-bus/",
        ] {
            assert!(EventBusName::parse(bad).is_err(), "{bad}");
        }
    }
}
