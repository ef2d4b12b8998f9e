//! Adds what a worker's settings require to the flags: its journal, policies,
//! event bus, roles and versions of the action type.

use std::path::PathBuf;

use super::Args;
use crate::cli::{Failed, environment};
use crate::config::{self, Flags};
use crate::job::permissions::S3Place;

/// Adds the settings to the arguments. Values given by flags take precedence.
///
/// # Errors
///
/// Everything that is wrong with the settings.
pub(super) fn add(args: &mut Args, file: PathBuf) -> Result<(), Failed> {
    let settings = config::load(&Flags::of_file(file), &environment())?;
    // Directories are not in S3.
    if let (None, Some(place)) = (&args.journal, &settings.journal) {
        args.journal = S3Place::parse(&place.to_string());
    }
    for source in &settings.policy {
        let place = S3Place::parse(&source.to_string());
        args.policies
            .extend(place.filter(|place| !args.policies.contains(place)));
    }
    if args.event_bus.is_none() {
        args.event_bus = settings.event_bus;
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
