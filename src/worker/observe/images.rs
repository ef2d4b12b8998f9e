//! Queries the images' registries for what the plan needs.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::timeout;

use crate::ports::CallError;
use crate::release::image_reference::EcrRegistry;
use crate::release::preflight::{ImageQuery, RegistryAnswer};
use crate::worker::context::Context;

/// Images that one job queries at once.
const MAX_CONCURRENT: usize = 8;

/// How long a release waits for an answer that it can do without: longer than
/// an ordinary answer takes. Without a network route to ECR there is none at
/// all.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Queries ECR for the images. The answers are keyed by image URI.
pub(in crate::worker) async fn query_registries(
    context: &Context,
    images: Vec<ImageQuery>,
) -> Result<BTreeMap<String, RegistryAnswer>, CallError> {
    let asked = images.into_iter().filter_map(|image| {
        let registry = image.reference.ecr()?;
        Some(async move {
            let answer = ask(context, &image, &registry).await?;
            Ok((image.reference.to_string(), answer))
        })
    });
    stream::iter(asked)
        .buffer_unordered(MAX_CONCURRENT)
        .try_collect()
        .await
}

/// Queries one image. If its digest is needed, transient errors are returned,
/// to be retried. Otherwise a registry that cannot be read is an answer like
/// any other: the plan decides whether the release can do without it.
async fn ask(
    context: &Context,
    image: &ImageQuery,
    registry: &EcrRegistry,
) -> Result<RegistryAnswer, CallError> {
    let answer = context.ports.images.look_up(image, registry);
    let unread = |reason| Ok(RegistryAnswer::NotReadable { reason });
    if image.digest_wanted {
        return match answer.await {
            Err(error) if !error.is_transient() => unread(error.to_string()),
            answer => answer,
        };
    }
    match timeout(TIMEOUT, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => unread(error.to_string()),
        Err(_) => unread(format!(
            "ECR did not answer within {} seconds",
            TIMEOUT.as_secs()
        )),
    }
}
