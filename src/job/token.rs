//! The continuation token's outer form.

/// A continuation token: 1–2,048 characters (aws-facts §1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(pub String);
