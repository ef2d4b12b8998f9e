//! The continuation token's outer form.

/// Characters that a token may have (aws-facts §1.2); a token has at least one.
pub const MAX_TOKEN: usize = 2048;

/// A continuation token as CodePipeline keeps it for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(pub String);
