//! The continuation token's outer form.

use std::fmt;

/// Characters that a token may have (aws-facts §1.2); a token has at least one.
pub const MAX_TOKEN: usize = 2048;

/// A continuation token as CodePipeline keeps it for us.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub String);

/// Its length alone: it repeats what rules found.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({} bytes)", self.0.len())
    }
}
