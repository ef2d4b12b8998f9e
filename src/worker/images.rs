//! Asks the images' registries what the plan wants to know of them.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::timeout;

use super::hands::Hands;
use crate::ports::Trouble;
use crate::release::images::EcrRegistry;
use crate::release::preflight::{AskedImage, RegistryAnswer};

/// Images that one visit asks for at the same time.
const AT_ONCE: usize = 8;

/// How long a release waits for what it can do without. ECR answers within a
/// second; where no way leads to it, nobody answers at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// What ECR says of the images, by URI.
pub(super) async fn ask_registries(
    hands: &Hands,
    images: Vec<AskedImage>,
) -> Result<BTreeMap<String, RegistryAnswer>, Trouble> {
    let asked = images.into_iter().filter_map(|image| {
        let registry = image.reference.ecr()?;
        Some(async move {
            let answer = ask(hands, &image, &registry).await?;
            Ok((image.reference.to_string(), answer))
        })
    });
    stream::iter(asked)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// Where the digest is wanted, what may pass is waited out. Otherwise a
/// registry that may not or cannot be read is an answer: whether the release
/// can do without it is not for the registry to say.
async fn ask(
    hands: &Hands,
    image: &AskedImage,
    registry: &EcrRegistry,
) -> Result<RegistryAnswer, Trouble> {
    let answer = hands.ports.images.look(image, registry);
    let unread = |reason| Ok(RegistryAnswer::NotReadable { reason });
    if image.digest_wanted {
        return match answer.await {
            Err(trouble) if !trouble.is_transient() => unread(trouble.to_string()),
            answer => answer,
        };
    }
    match timeout(PATIENCE, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(trouble)) => unread(trouble.to_string()),
        Err(_) => unread(format!(
            "ECR did not answer within {} seconds",
            PATIENCE.as_secs()
        )),
    }
}
