//! IAM roles, of this or another account, and those that the operator allows
//! releases to deploy with.

use std::fmt;

/// Maximum length of an ARN in characters (docs/aws.md §4.1).
const MAX_ARN: usize = 2048;

/// Maximum length of a role's name in characters (IAM's API reference).
const MAX_NAME: usize = 64;

/// The parts of `arn:<partition>:iam::<account>:role/<path and name>`, none of
/// which is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleArn<'a> {
    pub partition: &'a str,
    pub account: &'a str,
    pub path_and_name: &'a str,
}

impl<'a> RoleArn<'a> {
    /// Parses an ARN; `None` if it is not one of a role.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > MAX_ARN {
            return None;
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, role] = parts[..] else {
            return None;
        };
        let arn = Self {
            partition,
            account,
            path_and_name: role.strip_prefix("role/")?,
        };
        let is_complete =
            !partition.is_empty() && !account.is_empty() && !arn.path_and_name.is_empty();
        is_complete.then_some(arn)
    }

    /// Whether the account is twelve digits, and not a pattern.
    #[must_use]
    pub fn has_account(&self) -> bool {
        is_account(self.account)
    }

    /// Whether it can be the ARN of one role: an account and a name as IAM has
    /// them, and no pattern.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.is_pattern() && self.has_account() && !self.path_and_name.contains('*')
    }

    /// Whether it can be the ARN of one role or, with `*` for the account or in
    /// the path and name, of several.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        let (path, name) = self
            .path_and_name
            .rsplit_once('/')
            .unwrap_or(("", self.path_and_name));
        let in_name = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-*".contains(&b);
        self.partition.starts_with("aws")
            && (self.has_account() || self.account == "*")
            && path.bytes().all(|b| b.is_ascii_graphic())
            && (1..=MAX_NAME).contains(&name.len())
            && name.bytes().all(in_name)
    }
}

/// Whether a text is the id of an account: twelve digits.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether STS takes the text for an external id (AssumeRole's API reference).
#[must_use]
pub fn is_external_id(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b);
    (2..=1224).contains(&text.len()) && text.bytes().all(allowed)
}

/// Whether a text is one or more letters, digits, `-` and `_`, as most names in
/// AWS are.
#[must_use]
pub fn is_plain_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    !text.is_empty() && text.bytes().all(is_part)
}

/// A role that releases may deploy with.
#[derive(Clone, PartialEq, Eq)]
pub struct AllowedRole {
    pub arn: String,
    /// The external id that the role's trust policy requires.
    pub external_id: Option<String>,
}

/// Omits the external id, which is confidential.
impl fmt::Debug for AllowedRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AllowedRole({})", self.arn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(account: &str, path_and_name: &str) -> String {
        format!("arn:aws-cn:iam::{account}:role/{path_and_name}")
    }

    #[test]
    fn a_role_is_one_that_iam_can_have() {
        let longest = "n".repeat(MAX_NAME);
        for name in ["deploy", "team/a:b!/deploy+1=x,y.z@w-v_", &longest] {
            let text = arn("111122223333", name);
            let role = RoleArn::parse(&text).expect(name);
            assert!(role.is_exact() && role.is_pattern(), "{name}");
        }
        for (account, name) in [
            ("1111", "deploy"),
            ("11112222333x", "deploy"),
            ("111122223333", "a b"),
            ("111122223333", "a b/deploy"),
            ("111122223333", "deploy/"),
            ("111122223333", "déploy"),
            ("111122223333", &format!("{longest}n")),
        ] {
            let text = arn(account, name);
            let role = RoleArn::parse(&text).expect(name);
            assert!(!role.is_exact() && !role.is_pattern(), "{text}");
        }
    }

    #[test]
    fn a_pattern_is_not_one_role() {
        for (account, name) in [("*", "deploy"), ("111122223333", "webapp-*"), ("*", "*")] {
            let text = arn(account, name);
            let role = RoleArn::parse(&text).expect(name);
            assert!(role.is_pattern() && !role.is_exact(), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not_roles() {
        for text in [
            "",
            "deploy",
            "arn:aws:iam::111122223333:user/deploy",
            "arn:aws:iam:eu-west-1:111122223333:role/deploy",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam:::role/deploy",
            &format!("arn:aws:iam::111122223333:role/{}", "p".repeat(MAX_ARN)),
        ] {
            assert_eq!(RoleArn::parse(text), None, "{text}");
        }
        let other_partition = "arn:other:iam::111122223333:role/deploy";
        assert!(!RoleArn::parse(other_partition).is_some_and(|role| role.is_pattern()));
    }
}
