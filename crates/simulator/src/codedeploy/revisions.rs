//! Revisions: AppSpecs as text, registered or deployed (docs/aws.md §5.1).

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

/// AppSpec text with its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Revision {
    pub(super) content: String,
    pub(super) sha256: String,
}

pub(super) fn register(world: &mut World, input: Members<'_>) -> Answer {
    let (name, _) = applications::requested_application(&world.codedeploy, input)?;
    let description = description(input)?;
    let revision = Revision::read(input)?;
    let now = world.now();
    if let Some(application) = world.codedeploy.applications.get_mut(name) {
        let known = application.know(&revision, now);
        known.description = description;
    }
    Ok(json!({}))
}

pub(super) fn get(world: &mut World, input: Members<'_>) -> Answer {
    let (name, application) = applications::requested_application(&world.codedeploy, input)?;
    let sha256 = app_spec(input)?.text("sha256")?.unwrap_or_default();
    let known = application
        .revisions
        .iter()
        .find(|known| known.revision.sha256 == sha256)
        .ok_or_else(|| {
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
    pub(super) fn read(input: Members<'_>) -> Result<Self, ApiError> {
        let app_spec = app_spec(input)?;
        let content = app_spec.text("content")?.unwrap_or_default();
        if content.is_empty() {
            return Err(invalid("AppSpec content must be specified"));
        }
        let actual = ids::sha256(content);
        match app_spec.text("sha256")? {
            Some(given) if given != actual => {
                Err(invalid("The sha256 of the AppSpec content does not match"))
            }
            Some(_) | None => Ok(Self {
                content: content.to_owned(),
                sha256: actual,
            }),
        }
    }

    /// The revision as CodeDeploy shows it. Most responses omit the content.
    pub(super) fn show(&self, content: Option<&str>) -> Value {
        json!({
            "revisionType": "AppSpecContent",
            "appSpecContent": { "content": content, "sha256": self.sha256 },
        })
    }
}

fn app_spec(input: Members<'_>) -> Result<Members<'_>, ApiError> {
    let revision = input.object("revision")?.ok_or_else(|| {
        ApiError::new(
            "RevisionRequiredException",
            "Revision not specified or default revision not found",
        )
    })?;
    let member = match revision.text("revisionType")? {
        Some("AppSpecContent") => "appSpecContent",
        Some("String") => "string",
        Some("S3") => {
            let location = revision.object_or_empty("s3Location")?;
            return Err(match location.text("bundleType")? {
                Some("YAML" | "JSON") => ApiError::new(
                    "RevisionDoesNotExistException",
                    "The simulated CodeDeploy reads no revisions from S3",
                ),
                Some(_) | None => invalid("BundleType must be either YAML or JSON"),
            });
        }
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
