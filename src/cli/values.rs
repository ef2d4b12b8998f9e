//! Values on the command line that become part of policies, links or calls.
//!
//! They are checked because a misspelt one would go unnoticed: a policy for the
//! Region `eu-west` allows nothing. `*` stands for all where a policy takes it.

use std::sync::LazyLock;

use super::environment;
use crate::job::{RoleArn, is_account, is_external_id, is_region};

/// What stands for every resource in a policy.
const ALL: &str = "*";

/// The Region of the environment, or `otherwise`. As for the AWS SDK, an empty
/// `AWS_REGION` is as good as none.
pub(super) fn usual_region(otherwise: &'static str) -> &'static str {
    static SET: LazyLock<String> =
        LazyLock::new(|| environment().remove("AWS_REGION").unwrap_or_default());
    if SET.is_empty() { otherwise } else { &SET }
}

/// Parses a Region: words and a number, such as `us-gov-west-1`.
pub(super) fn region(text: &str) -> Result<String, String> {
    checked(is_region(text), text, "give a Region such as eu-west-1")
}

/// Parses a Region or `*`.
pub(super) fn any_region(text: &str) -> Result<String, String> {
    match text == ALL {
        true => Ok(ALL.to_owned()),
        false => region(text).map_err(|expected| format!("{expected}, or * for all")),
    }
}

/// Parses an account's number or `*`.
pub(super) fn any_account(text: &str) -> Result<String, String> {
    let good = text == ALL || is_account(text);
    checked(good, text, "give the account's 12 digits, or * for all")
}

/// Parses the name of a CodeDeploy application or deployment group, or a
/// pattern with `*` (docs/aws.md §5.1).
pub(super) fn any_name(text: &str) -> Result<String, String> {
    name(text, 100, "._+=,@-")
}

/// Parses the name of an ECS cluster or service, or a pattern with `*`
/// (docs/aws.md §4.4).
pub(super) fn any_service(text: &str) -> Result<String, String> {
    name(text, 255, "_-")
}

/// Parses a name of at most `longest` letters, digits and `signs`, or a pattern.
fn name(text: &str, longest: usize, signs: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '*' || signs.contains(c);
    let good = (1..=longest).contains(&text.len()) && text.chars().all(allowed);
    let expected = format!(
        "give its name, not its ARN: 1 to {longest} letters, digits and {signs}; * stands for any \
         text"
    );
    checked(good, text, &expected)
}

/// Parses the ARN of a role.
pub(super) fn role(text: &str) -> Result<String, String> {
    let expected = "give the ARN of a role such as arn:aws:iam::111122223333:role/name";
    let good = RoleArn::parse(text).is_some_and(|role| role.is_exact());
    checked(good, text, expected)
}

/// Parses the ARN of a role, with `*` anywhere, or `*`.
pub(super) fn any_role(text: &str) -> Result<String, String> {
    let good = text == ALL || RoleArn::parse(text).is_some_and(|role| role.is_pattern());
    let expected =
        "give the ARN of a role such as arn:aws:iam::111122223333:role/name; * stands for any text";
    checked(good, text, expected)
}

/// Parses how many times faster than real time something runs.
#[cfg(feature = "simulator")]
pub(super) fn speed(text: &str, fastest: f64) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed > 0.0 && speed <= fastest => Ok(speed),
        Ok(_) | Err(_) => Err(format!("give a number above 0, up to {fastest}")),
    }
}

/// Parses an external ID.
pub(super) fn external_id(text: &str) -> Result<String, String> {
    let expected = "give 2 to 1224 letters, digits and _+=,.@:/-";
    checked(is_external_id(text), text, expected)
}

fn checked(good: bool, text: &str, expected: &str) -> Result<String, String> {
    match good {
        true => Ok(text.to_owned()),
        false => Err(expected.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_named_or_any() {
        assert!(region("eu-west-1").is_ok() && any_region("eu-west-1").is_ok());
        assert!(region("eu-west").is_err() && any_region("eu-west").is_err());
        assert!(region("*").is_err() && any_region("*").is_ok());
    }

    #[test]
    fn a_role_is_given_by_its_arn() {
        let of = |account: &str, name: &str| format!("arn:aws-cn:iam::{account}:role/{name}");
        assert!(role(&of("111122223333", "path/name")).is_ok());
        assert!(any_role(&of("111122223333", "webapp-*")).is_ok());
        assert!(any_role(&of("*", "*")).is_ok());
        assert!(any_role("*").is_ok());
        for text in [
            "",
            "worker",
            "arn:aws:iam::111122223333:user/x",
            &of("1111", "x"),
            &of("111122223333", ""),
            &of("111122223333", "a b"),
        ] {
            assert!(role(text).is_err(), "{text}");
            assert!(any_role(text).is_err(), "{text}");
        }
        assert!(role(&of("111122223333", "webapp-*")).is_err());
    }

    #[test]
    fn an_account_is_a_number_and_a_group_has_a_name() {
        assert!(any_account("111122223333").is_ok());
        assert!(any_account("*").is_ok());
        for text in ["", "1111-2222-3333", "11112222333"] {
            assert!(any_account(text).is_err(), "{text}");
        }
        assert!(any_name("webapp-*").is_ok());
        assert!(any_name(&"a".repeat(100)).is_ok());
        assert!(any_service(&"a".repeat(255)).is_ok());
        assert!(any_service(&"a".repeat(256)).is_err());
        assert!(any_service("arn:aws:ecs:eu-west-1:1:cluster/a").is_err());
        for text in [
            "",
            "a b",
            "arn:aws:codedeploy:eu-west-1:1:application",
            &"a".repeat(101),
        ] {
            assert!(any_name(text).is_err(), "{text}");
        }
    }
}
