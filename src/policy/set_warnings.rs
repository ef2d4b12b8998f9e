//! Warnings about a policy set that loads.

use tracing::warn;

use super::child::Child;
use super::policy_set::PolicySet;
use super::set_problem::SetProblem;
use super::set_testing::untested;
use super::terms::UntestedRules;

/// The maximum number of warnings of one kind that are logged when a set is loaded;
/// `policy check` prints all of them.
const MAX_LOGGED: usize = 20;

/// Warnings for the authors of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicySetWarnings {
    /// Rules that look like finding rules but are not evaluated, each with file
    /// and line.
    pub unevaluated: Vec<String>,
    /// References to members that the input never has.
    pub unknown_members: Vec<String>,
    /// Finding rules that found nothing in any test; empty if that was not
    /// checked.
    pub untested: Vec<String>,
}

impl PolicySetWarnings {
    /// All warnings, beginning with those that make a rule ineffective.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        let kinds = [&self.unknown_members, &self.unevaluated, &self.untested];
        kinds.into_iter().flatten()
    }

    /// Logs the warnings with the set's hash.
    pub(super) fn log(&self, set: &PolicySet) {
        for kind in [&self.unknown_members, &self.unevaluated, &self.untested] {
            for remark in kind.iter().take(MAX_LOGGED) {
                warn!(policy.set = set.hash(), %remark, "a policy needs attention");
            }
            if kind.len() > MAX_LOGGED {
                let more = kind.len() - MAX_LOGGED;
                warn!(
                    policy.set = set.hash(),
                    more, "`policy check` prints the others"
                );
            }
        }
    }

    /// Adds the untested rules, if the terms ask for it.
    ///
    /// # Errors
    ///
    /// The untested rules, if the terms reject such sets.
    pub(super) fn with_terms(mut self, set: &PolicySet, child: &Child) -> Result<Self, SetProblem> {
        match set.terms().untested_rules {
            UntestedRules::Allow => {}
            UntestedRules::Warn => self.untested = untested(set, child)?,
            UntestedRules::Refuse => {
                let untested = untested(set, child)?;
                if !untested.is_empty() {
                    let why = "`untested_rules = \"refuse\"` in the policy terms refuses sets with such rules; `policy test` shows what the tests see";
                    return Err(SetProblem(
                        untested.into_iter().chain([why.to_owned()]).collect(),
                    ));
                }
            }
        }
        Ok(self)
    }
}
