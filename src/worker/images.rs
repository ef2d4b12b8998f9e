//! Asks the images' registries what the plan wants to know of them.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::hands::Hands;
use crate::job::request::Request;
use crate::ports::Trouble;
use crate::release::bundle::Bundle;
use crate::release::plan::image_references;
use crate::release::preflight::RegistryAnswer;

/// Images that one visit asks for at the same time.
const AT_ONCE: usize = 8;

/// What ECR says of the images whose digest is wanted and not given, by image
/// name. Another registry's are not asked for; the plan tells which stay open.
pub(super) async fn ask_registries(
    hands: &Hands,
    request: &Request,
    bundle: &Bundle,
) -> Result<BTreeMap<String, RegistryAnswer>, Trouble> {
    if !request.options.pin_digest {
        return Ok(BTreeMap::new());
    }
    let wanted = image_references(request, bundle).into_iter();
    let asked = wanted.filter_map(|(name, image)| {
        let registry = image.ecr().filter(|_| image.digest.is_none())?;
        Some(async move {
            let answer = hands.ports.images.look(&image, &registry).await;
            Ok((name, or_not_readable(answer)?))
        })
    });
    stream::iter(asked)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// What may pass is waited out. A registry that may not be read is an answer:
/// whether the release can do without it is not for the registry to say.
fn or_not_readable(answer: Result<RegistryAnswer, Trouble>) -> Result<RegistryAnswer, Trouble> {
    match answer {
        Err(trouble) if !trouble.is_transient() => Ok(RegistryAnswer::NotReadable {
            reason: trouble.to_string(),
        }),
        answer => answer,
    }
}
