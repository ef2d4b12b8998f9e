//! Checks that look beyond a single member of a single file. Each topic has its
//! own file. All checks run, regardless of the findings of the others.

mod checks;
mod compatibility;
mod containers;
mod dependencies;
mod fargate;
mod limits;
mod logs;
mod ports;
mod presence;
mod registry;
mod resources;
mod roles;
mod secrets;
mod service;
mod sizes;
mod system_controls;
mod tags;
mod target;
mod traffic;
mod unsupported;
mod volumes;

pub use presence::{MAX_LOG_GROUPS, Named, Presence, to_look_up};
pub use registry::{ImageQuery, RegistryAnswer};

pub(crate) use roles::role_name;

pub(super) use presence::named;
pub(super) use registry::{check as check_registry, platform};
pub(super) use target::{check as check_target, keep_capacity_providers};

use std::collections::BTreeMap;

use self::checks::Checks;
use super::appspec::AppSpec;
use super::finding::Findings;
use super::task_definition::TaskDefinition;

/// Checks the task definition against ECS's rules.
pub(super) fn check_task_definition(task_definition: &TaskDefinition, findings: &mut Findings) {
    let mut checks = Checks {
        task_definition,
        findings,
    };
    for theme in [
        containers::check,
        dependencies::check,
        ports::check,
        secrets::check,
        sizes::check,
        fargate::check,
        limits::check,
        logs::check,
        resources::check,
        roles::check,
        system_controls::check,
        tags::check,
        unsupported::check,
        volumes::check,
    ] {
        theme(&mut checks);
    }
}

/// Checks that what the task definition names exists.
pub(super) fn check_presence(
    task_definition: &TaskDefinition,
    answers: &BTreeMap<Named, Presence>,
    findings: &mut Findings,
) {
    let mut checks = Checks {
        task_definition,
        findings,
    };
    presence::check(&mut checks, answers);
}

/// Checks the AppSpec against the task definition.
pub(super) fn check_pair(
    task_definition: &TaskDefinition,
    app_spec: &AppSpec,
    findings: &mut Findings,
) {
    traffic::check(task_definition, app_spec, findings);
}
