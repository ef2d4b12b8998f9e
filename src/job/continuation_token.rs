//! The continuation token as opaque text.

use std::fmt;

/// Maximum length of a token in characters (docs/aws.md §1.2); the minimum is
/// one.
pub const MAX_TOKEN: usize = 2048;

/// A continuation token, which CodePipeline stores between jobs.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub String);

/// Prints only the length: the token repeats what policy rules found.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({} bytes)", self.0.len())
    }
}
