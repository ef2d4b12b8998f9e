//! Starts a deployment, which supersedes the one under way
//! (docs/aws.md §6.3).

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::api::ApiError;
use crate::ecs::behaviour::Behaviour;
use crate::ecs::revision::Revision;
use crate::ecs::service::{Service, TaskSet};
use crate::ids;
use crate::share::Share;

use super::balancers::{self, Balancer};
use super::cause::Cause;
use super::configuration::Configuration;
use super::revisions::ServiceRevision;
use super::service_deployment_lifecycle::REQUEST;
use super::settings::{Settings, Superseded};
use super::state::{Phase, ServiceDeployment, Watch};
use super::strategy::Strategy;

/// How long ECS keeps a deployment that has ended (docs/aws.md §6.8).
const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Time to change the rules of a load balancer.
const SHIFT: Duration = Duration::from_secs(10);
/// The same for a Network Load Balancer (docs/aws.md §6.2).
const NETWORK_SHIFT: Duration = Duration::from_secs(10 * 60);

/// A service's settings, once ECS has accepted them.
#[derive(Clone, Debug)]
pub(in crate::ecs) struct AcceptedSettings {
    pub(super) settings: Value,
    pub(super) configuration: Configuration,
    pub(super) balancers: Vec<Balancer>,
}

impl AcceptedSettings {
    /// Checks the settings and their task definition, as far as ECS's own
    /// deployments depend on them.
    pub(in crate::ecs) fn check(settings: Value, definition: &Revision) -> Result<Self, ApiError> {
        let configuration = Configuration::read(&settings["deploymentConfiguration"])?;
        let balancers = balancers::read(&settings, configuration.strategy)?;
        balancers::check_containers(&balancers, definition)?;
        Ok(Self {
            settings,
            configuration,
            balancers,
        })
    }
}

impl Service {
    /// Starts a deployment of this task definition.
    pub(in crate::ecs) fn begin_deployment(
        &mut self,
        accepted: AcceptedSettings,
        definition: &Revision,
        (choices, behaviour): (&Settings, Behaviour),
        at: Timestamp,
    ) {
        let AcceptedSettings {
            settings,
            configuration,
            balancers,
        } = accepted;
        self.deployments.all.retain(|one| one.is_kept(at));
        let id = ids::url_safe("deployment", self.next_number(), 21);
        self.supersede(&id, choices, at);
        let serving = self.serving_groups(configuration.strategy);
        let target_groups: Vec<String> = balancers
            .iter()
            .map(|balancer| balancer.next(&serving).to_owned())
            .collect();
        let revision = ServiceRevision::new(
            ids::service_revision(self.next_number()),
            &settings,
            definition,
            target_groups.clone(),
            at,
        );
        self.settings = settings;
        let set = ids::task_set(self.next_number());
        let mut set = TaskSet::new(set, &definition.arn, behaviour, at);
        set.revision = Some(revision.id.clone());
        set.starts_later = true;
        set.next = None;
        set.target_groups = target_groups;
        let set_id = set.id.clone();
        self.task_sets.push(set);
        self.make_primary(&set_id, at);
        let has_service_connect = self.has_service_connect();
        let has_test_rule = balancers.iter().any(Balancer::has_test_rule);
        let shifts_traffic = configuration.strategy != Strategy::Rolling
            && (!balancers.is_empty() || has_service_connect);
        let deployments = &mut self.deployments;
        deployments.task_definition.clone_from(&definition.arn);
        let visible_after = Duration::from_secs(choices.deployment_visible_after_seconds);
        let mut deployment = ServiceDeployment {
            id,
            created_at: at,
            visible_at: at + visible_after,
            started_at: None,
            finished_at: None,
            stopped_at: None,
            updated_at: at,
            shifts_traffic,
            has_test_traffic: shifts_traffic && (has_test_rule || has_service_connect),
            shift_takes: match balancers.iter().any(Balancer::is_network) {
                true => NETWORK_SHIFT,
                false => SHIFT,
            },
            configuration,
            sources: Vec::new(),
            target: revision.id.clone(),
            phase: Phase::Pending,
            place: None,
            hooks: Vec::new(),
            reason: None,
            rollback: None,
            watch: Watch::default(),
            superseded_by: None,
            final_response: None,
            history: Vec::new(),
        };
        deployments.revisions.push(revision);
        deployment.sources = self.running_revisions(&deployment.target);
        deployment.record(Share::NONE, at);
        self.deployments.all.push(deployment);
    }

    /// Ends the deployments that can still turn back. The others come to their
    /// own end, and the new deployment waits for it.
    fn supersede(&mut self, by: &str, choices: &Settings, at: Timestamp) {
        for index in 0..self.deployments.all.len() {
            if !self.deployments.all[index].can_turn_back() {
                continue;
            }
            self.with_deployment(index, choices, at, |deployment, _| {
                let until = at + REQUEST;
                (deployment.phase, deployment.reason) = match choices.superseded {
                    Superseded::Stopped => (
                        Phase::StopRequested { until },
                        Some(Cause::Superseded.of_stop(choices)),
                    ),
                    Superseded::RolledBack => (
                        Phase::RollbackRequested { until },
                        Some(Cause::Superseded.of_rollback(choices)),
                    ),
                };
                deployment.superseded_by = Some(by.to_owned());
                deployment.abandon_hooks();
                deployment.updated_at = at;
            });
        }
    }

    /// ARNs of the target groups that a new revision must not use.
    fn serving_groups(&self, strategy: Strategy) -> Vec<String> {
        let deployments = &self.deployments;
        let good = deployments.last_successful.as_deref();
        let serving = good.or_else(|| deployments.serving());
        let groups = serving.and_then(|revision| deployments.revision(revision));
        let groups = groups.map(|revision| revision.target_groups.clone());
        // A rolling deployment keeps to the first target group.
        groups
            .filter(|_| strategy != Strategy::Rolling)
            .unwrap_or_default()
    }
}

impl ServiceDeployment {
    /// Whether ECS still shows it.
    pub(super) fn is_kept(&self, at: Timestamp) -> bool {
        self.finished_at
            .is_none_or(|finished| finished + KEPT >= at)
    }
}
