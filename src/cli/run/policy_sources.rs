//! Loads the policies of a worker and keeps them up to date.

use std::sync::Arc;

use aws_config::SdkConfig;
use clock::Clock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::aws::S3Objects;
use crate::config::Settings;
use crate::policy::{Child, Recipe, SetProblem};
use crate::ports::Objects;
use crate::worker::{Buckets, PolicyKeeper};

/// Access to the files and buckets that policies come from.
pub(in crate::cli) struct PolicySources {
    config: SdkConfig,
    path_style: bool,
}

impl PolicySources {
    pub(in crate::cli) fn new(config: &SdkConfig, path_style: bool) -> Self {
        Self {
            config: config.clone(),
            path_style,
        }
    }

    /// Opens the policies that every release must pass, if there are any.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub(in crate::cli) async fn open(
        &self,
        settings: &Settings,
    ) -> Result<Option<PolicyKeeper>, SetProblem> {
        let buckets = buckets(&self.config, self.path_style);
        PolicyKeeper::open(recipe(settings), buckets, Child::default()).await
    }
}

/// The policies that the settings name.
pub(in crate::cli) fn recipe(settings: &Settings) -> Recipe {
    Recipe {
        sources: settings.policy.clone(),
        namespace: settings.policy_namespace.clone(),
        levels: settings.controls.clone(),
        terms: settings.policy_terms.clone(),
        ..Recipe::default()
    }
}

/// Access to the operator's buckets.
pub(in crate::cli) fn buckets(config: &SdkConfig, path_style: bool) -> Buckets {
    let config = config.clone();
    Box::new(move |bucket: &str| -> Arc<dyn Objects> {
        Arc::new(S3Objects::new(&config, path_style, bucket, ""))
    })
}

/// Applies changed policies, until the handle is dropped or `stop` is cancelled.
pub(super) fn refresh(keeper: PolicyKeeper, stop: CancellationToken) -> AbortOnDropHandle<()> {
    let task = async move { keeper.keep_fresh(&Clock::system(), &stop).await };
    AbortOnDropHandle::new(tokio::spawn(task))
}
