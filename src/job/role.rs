//! A role of another account, or of this one, that the operator lets releases
//! be carried out with.

use std::fmt;

/// A role that a release may be carried out with.
#[derive(Clone, PartialEq, Eq)]
pub struct AllowedRole {
    pub arn: String,
    /// What the role's trust policy asks for.
    pub external_id: Option<String>,
}

/// An external id is nobody else's business.
impl fmt::Debug for AllowedRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AllowedRole({})", self.arn)
    }
}
