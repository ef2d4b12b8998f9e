//! Revisions: AppSpecs as text or in S3, registered or deployed (docs/aws.md
//! §5.1).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::ids;
use crate::json::{Members, epoch};
use crate::world::World;

use super::applications;
use super::create::description;
use super::state::{Application, KnownRevision};

/// Largest AppSpec that is read from S3, in bytes.
const MAX_APP_SPEC: u64 = 256 << 10;

/// An AppSpec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Revision {
    /// Empty for one in S3 that was registered and not yet deployed.
    pub(super) content: String,
    /// The object from which it was read.
    #[serde(default)]
    pub(super) location: Option<Location>,
}

/// A place in S3, as requests give it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    bucket: String,
    key: String,
    bundle_type: String,
    version: Option<String>,
    e_tag: Option<String>,
}

pub(super) fn register(world: &mut World, input: Members<'_>) -> Answer {
    let (name, _) = applications::requested_application(&world.codedeploy, input)?;
    let description = description(input)?;
    let revision = match location(input)? {
        // The object is read when it is deployed.
        Some(location) => Revision {
            content: String::new(),
            location: Some(location),
        },
        None => Revision::read(world, input)?,
    };
    let now = world.now();
    if let Some(application) = world.codedeploy.applications.get_mut(name) {
        let known = application.know(&revision, now);
        known.description = description;
    }
    Ok(json!({}))
}

pub(super) fn get(world: &mut World, input: Members<'_>) -> Answer {
    let (name, application) = applications::requested_application(&world.codedeploy, input)?;
    let location = location(input)?;
    let sha256 = match location {
        Some(_) => "",
        None => app_spec(input)?.text("sha256")?.unwrap_or_default(),
    };
    let is_meant = |known: &&KnownRevision| match &known.revision.location {
        Some(known) => location.as_ref() == Some(known),
        None => ids::sha256(&known.revision.content) == sha256,
    };
    let mut newest_first = application.revisions.iter().rev();
    let known = newest_first.find(is_meant).ok_or_else(|| {
        ApiError::new(
            "RevisionDoesNotExistException",
            format!("No revision found for application {name}"),
        )
    })?;
    let groups: Vec<&str> = application
        .groups
        .keys()
        .filter(|group| {
            let mut deployments = world.codedeploy.deployments_of(name, group);
            deployments.any(|one| one.revision == known.revision)
        })
        .map(String::as_str)
        .collect();
    Ok(json!({
        "applicationName": name,
        "revision": known.revision.show(Some(&known.revision.content)),
        "revisionInfo": {
            "description": known.description,
            "deploymentGroups": groups,
            "registerTime": epoch(known.registered_at),
            "lastUsedTime": known.last_used_at.map(epoch),
        },
    }))
}

impl Application {
    /// Stores a revision, unless it is stored already.
    pub(super) fn know(&mut self, revision: &Revision, at: Timestamp) -> &mut KnownRevision {
        let index = self
            .revisions
            .iter()
            .position(|known| known.revision == *revision);
        let index = index.unwrap_or_else(|| {
            self.revisions.push(KnownRevision {
                revision: revision.clone(),
                description: None,
                registered_at: at,
                last_used_at: None,
            });
            self.revisions.len() - 1
        });
        &mut self.revisions[index]
    }
}

impl Revision {
    /// Parses the revision in a request.
    pub(super) fn read(world: &World, input: Members<'_>) -> Result<Self, ApiError> {
        if let Some(location) = location(input)? {
            return location.read(world);
        }
        let app_spec = app_spec(input)?;
        let content = app_spec.text("content")?.unwrap_or_default();
        if content.is_empty() {
            return Err(invalid("AppSpec content must be specified"));
        }
        match app_spec.text("sha256")? {
            Some(given) if given != ids::sha256(content) => {
                Err(invalid("The sha256 of the AppSpec content does not match"))
            }
            Some(_) | None => Ok(Self {
                content: content.to_owned(),
                location: None,
            }),
        }
    }

    /// The revision as CodeDeploy shows it. Most responses omit the content.
    pub(super) fn show(&self, content: Option<&str>) -> Value {
        if let Some(location) = &self.location {
            return json!({ "revisionType": "S3", "s3Location": location });
        }
        json!({
            "revisionType": "AppSpecContent",
            "appSpecContent": { "content": content, "sha256": ids::sha256(&self.content) },
        })
    }
}

impl Location {
    fn read(self, world: &World) -> Result<Revision, ApiError> {
        let missing = |why: String| ApiError::new("RevisionDoesNotExistException", why);
        let object = world.s3.get(&self.bucket, &self.key);
        let object = object.map_err(|error| missing(error.message))?;
        let is_other = |given: &Option<String>, actual: &str| {
            given
                .as_ref()
                .is_some_and(|it| it.trim_matches('"') != actual.trim_matches('"'))
        };
        if is_other(&self.version, &object.version_id) || is_other(&self.e_tag, &object.etag) {
            let (bucket, key) = (&self.bucket, &self.key);
            return Err(missing(format!(
                "s3://{bucket}/{key} has another version or ETag"
            )));
        }
        if object.content.length() > MAX_APP_SPEC {
            return Err(invalid("The AppSpec file in S3 is too large"));
        }
        let content = object.content.read(0..MAX_APP_SPEC);
        Ok(Revision {
            content: String::from_utf8_lossy(&content).into_owned(),
            location: Some(self),
        })
    }
}

/// The place in S3 that a request names, if it names one.
fn location(input: Members<'_>) -> Result<Option<Location>, ApiError> {
    let revision = revision(input)?;
    if revision.text("revisionType")? != Some("S3") {
        return Ok(None);
    }
    let location = revision.object_or_empty("s3Location")?;
    let text = |name: &str| Ok(location.text(name)?.map(str::to_owned));
    let required = |name: &str| {
        let why = "An S3 location must have a bucket, a key and a bundle type";
        text(name)?
            .filter(|it| !it.is_empty())
            .ok_or_else(|| invalid(why))
    };
    let bundle_type = required("bundleType")?;
    if !["YAML", "JSON"].contains(&bundle_type.as_str()) {
        return Err(invalid("BundleType must be either YAML or JSON"));
    }
    Ok(Some(Location {
        bucket: required("bucket")?,
        key: required("key")?,
        bundle_type,
        version: text("version")?,
        e_tag: text("eTag")?,
    }))
}

fn revision(input: Members<'_>) -> Result<Members<'_>, ApiError> {
    input.object("revision")?.ok_or_else(|| {
        ApiError::new(
            "RevisionRequiredException",
            "Revision not specified or default revision not found",
        )
    })
}

fn app_spec(input: Members<'_>) -> Result<Members<'_>, ApiError> {
    let revision = revision(input)?;
    let member = match revision.text("revisionType")? {
        Some("AppSpecContent") => "appSpecContent",
        Some("String") => "string",
        Some(_) | None => {
            return Err(invalid(
                "Invalid revision type for the ECS compute platform",
            ));
        }
    };
    revision
        .object(member)?
        .ok_or_else(|| invalid("AppSpec content must be specified"))
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidRevisionException", message)
}
