//! Adds what a worker's settings require to the flags: its journal, policies,
//! event bus, roles and versions of the action type.

use std::path::Path;

use super::Args;
use crate::cli::{Exit, settings};
use crate::config::{Flags, JournalPlace};
use crate::job::permissions::S3Place;
use crate::policy::Source;

/// Adds the settings to the arguments. Values given by flags take precedence.
///
/// # Errors
///
/// After it has printed everything that is wrong with the settings.
pub(super) fn add(args: &mut Args, file: &Path) -> Result<(), Exit> {
    let settings = settings::load(&Flags::of_file(file))?;
    if let (None, Some(JournalPlace::Bucket { bucket, prefix })) =
        (&args.journal, &settings.journal)
    {
        args.journal = S3Place::parse(&format!("s3://{bucket}/{prefix}"));
    }
    for source in &settings.policy {
        if let Source::Bucket(bucket) = source {
            let place = S3Place::parse(&bucket.to_string());
            args.policies
                .extend(place.filter(|place| !args.policies.contains(place)));
        }
    }
    if args.event_bus.is_none() {
        args.event_bus = settings.event_bus.map(|bus| bus.as_str().to_owned());
    }
    if args.versions.is_empty() {
        args.versions = settings.action_versions.into_iter().collect();
    }
    for role in settings.roles {
        if !args.roles.contains(&role.arn) {
            args.roles.push(role.arn);
        }
    }
    Ok(())
}
