//! An IAM role, of this or another account, that the operator allows releases
//! to deploy with.

use std::fmt;

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
