//! The policy set of a command, given by the same flags as for `run`.

use std::path::PathBuf;

use crate::cli::connection::{connect, has_path_style};
use crate::cli::environment;
use crate::cli::run::policy_sources::buckets;
use crate::policy::controls::{Levels, parse_levels};
use crate::policy::{
    Child, DEFAULT_NAMESPACE, Gate, PolicySet, PolicySetWarnings, Recipe, SetProblem, Source,
    Terms, parse_sources,
};
use crate::worker::read_policies;

/// The flags of `run` that say what decides about a release.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Policies")]
pub(in crate::cli) struct SetArgs {
    /// Rego files and directories, s3://bucket/prefix or s3://bucket/set.zip,
    /// separated by colons; repeatable
    #[arg(short, long, value_name = "PLACES")]
    policy: Vec<String>,
    /// The Rego package whose rules apply, including its subpackages
    #[arg(long, value_name = "PACKAGE", default_value = DEFAULT_NAMESPACE)]
    policy_namespace: String,
    /// Built-in controls and their levels, such as all=warn,non-root=deny
    #[arg(
        long,
        value_name = "LEVELS",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = parse_levels)]
    controls: Levels,
    /// The file with exemptions, control parameters and external checks
    #[arg(long, value_name = "FILE")]
    policy_terms: Option<PathBuf>,
}

impl SetArgs {
    /// Reads the set.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, or that it is empty.
    pub(super) async fn read_some(&self) -> Result<PolicySet, SetProblem> {
        let set = self.read_with(Terms::default()).await?;
        if set.is_empty() {
            let flags = "name policies with --policy, --controls or --policy-terms";
            return Err(SetProblem(vec![flags.into()]));
        }
        Ok(set)
    }

    /// Reads the set, with the caller's credentials if it is in S3, and enables
    /// the controls of these terms too.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub(in crate::cli) async fn read_with(&self, also: Terms) -> Result<PolicySet, SetProblem> {
        let one = |problem| SetProblem(vec![problem]);
        let places = self.policy.iter().map(|text| parse_sources(text));
        let sources: Vec<Vec<Source>> = places.collect::<Result<_, _>>().map_err(one)?;
        let recipe = Recipe {
            sources: sources.concat(),
            namespace: self.policy_namespace.clone(),
            levels: self.controls.clone(),
            terms: self.policy_terms.clone(),
            also,
        };
        if !recipe.sources.iter().any(Source::is_elsewhere) {
            return recipe.read(&[]);
        }
        let environment = environment();
        let config = connect(&environment).await;
        let config = config.map_err(|problem| one(problem.to_string()))?;
        let path_style = has_path_style(&environment);
        read_policies(&recipe, &buckets(&config, path_style)).await
    }

    /// Opens the gate that a worker with this set would have, and returns the
    /// remarks about the set.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the set, or that it is empty.
    pub(super) async fn open(&self) -> Result<(Gate, PolicySetWarnings), SetProblem> {
        Gate::examine(self.read_some().await?, Child::default())
    }
}
