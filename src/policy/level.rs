//! The effect of a finding.

use serde::{Deserialize, Serialize};

/// The effect of a finding on the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// The finding is reported.
    Warn,
    /// The release is refused.
    Deny,
}
