//! Reads the release's files from the job's artifacts, concurrently and with
//! the job's own credentials.
//!
//! Between the reading and the policies a release waits for AWS and for other
//! releases. Ordinary files take a few kilobytes, so any number of releases may
//! wait with theirs. A release with large files needs a permit to keep them. If
//! there is none, it drops the files, waits for the permit and reads them again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;

use crate::artifact::{ReadFailure, read_files};
use crate::job::offer::{ArtifactCredentials, InputArtifact, Job};
use crate::job::request::{FileRef, Request};
use crate::ports::ArtifactReader;
use crate::release::bundle::{Bundle, Unreadable};
use crate::rollout::failure::Failure;
use crate::worker::budget::Urgency;
use crate::worker::context::Context;
use crate::worker::interrupted::Interrupted;
use crate::worker::limits::fair_share::Share;

/// Maximum size of a bundle that needs no permit, in bytes.
const MAX_SMALL: u64 = 256 * 1024;

/// Reads every file that the request names. The permit must be kept as long as
/// the bundle.
pub(in crate::worker) async fn read_bundle(
    context: &Context,
    job: &Job,
    request: &Request,
) -> Result<(Bundle, Option<Share>), Interrupted> {
    let large = &context.shared.limits.large;
    let pipeline = &job.data.pipeline.pipeline;
    let bundle = read(context, job, request).await?;
    if bundle.bytes() <= MAX_SMALL {
        return Ok((bundle, None));
    }
    if let Some(permit) = large.try_acquire(pipeline) {
        return Ok((bundle, Some(permit)));
    }
    drop(bundle);
    let permit = large.acquire(pipeline).await;
    Ok((read(context, job, request).await?, Some(permit)))
}

/// Reads the files. Expired credentials are renewed once, by asking CodePipeline
/// for the job's details.
async fn read(context: &Context, job: &Job, request: &Request) -> Result<Bundle, Interrupted> {
    let _share = context
        .shared
        .limits
        .heavy
        .acquire(&job.data.pipeline.pipeline)
        .await;
    let Some(credentials) = &job.data.credentials else {
        return Err(Failure::NoArtifactCredentials.into());
    };
    let expired = match read_all(context, job, request, credentials).await {
        Err(ReadFailure::CredentialsExpired(error)) => error,
        read => return read.map_err(interrupted),
    };
    let ask = || context.ports.jobs.details(&job.id);
    let fresh = context
        .shared
        .limits
        .budget
        .call(Urgency::Claim, None, ask)
        .await?;
    let Some(credentials) = fresh.and_then(|data| data.credentials) else {
        return Err(Failure::Call(expired).into());
    };
    let read = read_all(context, job, request, &credentials).await;
    read.map_err(interrupted)
}

/// Credentials that have just been renewed and are refused again fail the
/// release.
fn interrupted(failure: ReadFailure) -> Interrupted {
    match failure {
        ReadFailure::CredentialsExpired(error) => Failure::Call(error).into(),
        ReadFailure::Other(error) => error.into(),
    }
}

async fn read_all(
    context: &Context,
    job: &Job,
    request: &Request,
    credentials: &ArtifactCredentials,
) -> Result<Bundle, ReadFailure> {
    let reader = context.ports.artifacts.open(credentials);
    let own = context
        .settings
        .policy
        .as_ref()
        .and_then(|gate| gate.artifact_policy());
    let wanted = by_artifact(request, own.as_deref());
    let reads = wanted.into_iter().map(|(artifact, paths)| {
        let known = job
            .data
            .artifacts
            .iter()
            .find(|known| known.name == artifact);
        read_one(context, reader.clone(), known, artifact, paths)
    });
    let mut bundle = Bundle::default();
    for read in join_all(reads).await {
        bundle.files.extend(read?);
    }
    Ok(bundle)
}

/// The paths to read, by artifact.
fn by_artifact<'a>(
    request: &'a Request,
    own_policy: Option<&'a str>,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let own_policy = own_policy.map(|path| (request.task_definition.artifact.as_str(), path));
    let files = request.files().into_iter();
    let files = files.map(|file| (file.artifact.as_str(), file.path.as_str()));
    let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (artifact, path) in files.chain(own_policy) {
        wanted.entry(artifact).or_default().insert(path);
    }
    wanted
}

async fn read_one(
    context: &Context,
    reader: Arc<dyn ArtifactReader>,
    known: Option<&InputArtifact>,
    artifact: &str,
    paths: BTreeSet<&str>,
) -> Result<Vec<(FileRef, Result<Vec<u8>, Unreadable>)>, ReadFailure> {
    let file = |path: &str| FileRef {
        artifact: artifact.to_owned(),
        path: path.to_owned(),
    };
    // The request's parser accepts only artifacts that the job has.
    let Some(known) = known else {
        return Ok(Vec::new());
    };
    let paths: Vec<&str> = paths.into_iter().collect();
    let large = &context.shared.limits.large_reads;
    let files = read_files(reader.as_ref(), known, &paths, large).await?;
    Ok(files
        .into_iter()
        .map(|(path, bytes)| (file(&path), bytes))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_planning_reads_are_read() {
        let paths = |options: &str| {
            let properties = [
                ("ApplicationName", "shop"),
                ("DeploymentGroupName", "web"),
                ("TaskDefinitionTemplateArtifact", "Source"),
                ("AppSpecTemplateArtifact", "Source"),
                ("Image1ArtifactName", "Build"),
                ("Image1ContainerName", "IMAGE1_NAME"),
                ("Options", options),
            ];
            let owned = properties.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let request = Request::parse(&owned.into(), &["Source", "Build"]).unwrap();
            let wanted = by_artifact(&request, Some("more.rego"));
            let paths = |(artifact, paths): (&str, BTreeSet<&str>)| {
                let paths: Vec<&str> = paths.into_iter().collect();
                format!("{artifact}: {}", paths.join(" "))
            };
            wanted.into_iter().map(paths).collect::<Vec<_>>()
        };
        let all = [
            "Build: imageDetail.json",
            "Source: appspec.yaml more.rego taskdef.json",
        ];
        assert_eq!(paths("PinDigest=false"), all);
        let named = ["Source: appspec.yaml more.rego"];
        assert_eq!(paths("TaskDefinition=FromAppSpec"), named);
    }
}
