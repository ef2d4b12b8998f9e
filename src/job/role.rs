//! IAM roles, of this or another account, and those that the operator allows
//! releases to deploy with.

use std::fmt;

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
}

/// Whether a text is the id of an account: twelve digits.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
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
