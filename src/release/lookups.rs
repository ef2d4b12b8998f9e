//! What was read from AWS because the release's files refer to it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::preflight::{Named, Presence, RegistryAnswer};

/// The state of AWS that was read because the files refer to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lookups {
    pub revision: Revision,
    /// By image URI before the digest is added. A URI is absent if its registry
    /// was not queried.
    pub images: BTreeMap<String, RegistryAnswer>,
    /// Roles and log groups that were looked up.
    pub presence: BTreeMap<Named, Presence>,
}

/// The registered revision that [`named_revision`](super::plan::named_revision)
/// returns.
#[derive(Clone, Default, PartialEq)]
pub enum Revision {
    /// Not read.
    #[default]
    NotRead,
    /// Does not exist.
    Missing,
    /// The response of `DescribeTaskDefinition`.
    Described(Value),
}

/// Omits the description.
impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRead => "NotRead",
            Self::Missing => "Missing",
            Self::Described(_) => "Described(…)",
        })
    }
}
