//! The hooks of a deployment as they run (docs/aws.md §6.5).
//!
//! All hooks of a stage start when the stage begins, and the stage goes on once
//! all have ended. One that asks for a rollback ends the deployment.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::ecs::service::Service;
use crate::hooks::WaitingHook;
use crate::ids;
use crate::share::Share;
use crate::world::World;

use super::due::Environment;
use super::hook::{Hook, HookAction, HookTarget};
use super::lambda::{LambdaBehaviour, Outcome};
use super::read::{at_path, deployment_arn};
use super::revisions::revision_arn;
use super::stage::Stage;
use super::state::{HookRun, ServiceDeployment};

impl ServiceDeployment {
    /// Starts the hooks of a stage.
    pub(super) fn start_hooks(&mut self, service: &mut Service, stage: Stage, at: Timestamp) {
        let hooks = self.configuration.hooks.iter();
        let of_stage: Vec<Hook> = hooks
            .filter(|hook| hook.stages.contains(&stage))
            .cloned()
            .collect();
        for hook in of_stage {
            let number = service.next_number();
            let (kind, event) = match &hook.target {
                HookTarget::Pause => ("pause", Value::Null),
                HookTarget::Lambda(_) => ("lambda", self.event(service, stage, number, &hook)),
            };
            self.hooks.push(HookRun {
                id: format!("ecs-{kind}-{}", ids::url_safe("hook", number, 43)),
                target: hook.target,
                stage,
                started_at: at,
                expires_at: at + hook.timeout,
                timeout_action: hook.timeout_action,
                event,
                answer: None,
                outcome: None,
            });
        }
    }

    /// What a function receives. Weights are there only where they change.
    fn event(&self, service: &Service, stage: Stage, number: u64, hook: &Hook) -> Value {
        let weights = |changed_in: &[Stage], share: &dyn Fn(&str) -> Share| {
            let is_shown = self.shifts_traffic && changed_in.contains(&stage);
            let revisions = self.sources.iter().chain([&self.target]);
            let weights = revisions.filter(|_| is_shown).map(|id| {
                let weight = json!(share(id).whole_percent());
                (revision_arn(service, id), weight)
            });
            Value::Object(weights.collect::<Map<_, _>>())
        };
        let test = weights(&[Stage::TestTrafficShift], &|id| {
            self.test_share(service, id)
        });
        let production = weights(
            &[
                Stage::PreProductionTrafficShift,
                Stage::ProductionTrafficShift,
            ],
            &|id| service.deployments.share(id),
        );
        let mut event = json!({
            "executionId": ids::uuid(number),
            "lifecycleStage": stage.as_str(),
            "resourceArn": deployment_arn(service, &self.id),
            "executionDetails": {
                "serviceArn": service.arn(),
                "targetServiceRevisionArn": revision_arn(service, &self.target),
                "testTrafficWeights": test,
                "productionTrafficWeights": production,
            },
        });
        if !hook.details.is_null() {
            event["hookDetails"] = hook.details.clone();
        }
        event
    }

    /// A revision's share of the test traffic. Before the shift there is none.
    pub(super) fn test_share(&self, service: &Service, revision: &str) -> Share {
        match service.deployments.test.as_deref() {
            Some(tested) if tested == revision => Share::ALL,
            // A rollback gives the test traffic back to blue.
            None if self.rolls_back_to() == Some(revision) => Share::ALL,
            Some(_) | None => Share::NONE,
        }
    }

    /// The next hook to end: its index, when, and how.
    pub(super) fn next_hook_end(
        &self,
        environment: Environment<'_>,
    ) -> Option<(usize, Timestamp, Outcome)> {
        let open = self.hooks.iter().enumerate();
        open.filter(|(_, run)| run.outcome.is_none())
            .map(|(index, run)| {
                let (at, outcome) = run.end(environment);
                (index, at, outcome)
            })
            .min_by_key(|(_, at, _)| *at)
    }

    /// Whether the deployment waits for an action on this pause.
    pub(super) fn waits_for(&self, run: &HookRun) -> bool {
        self.is_running() && run.outcome.is_none() && run.target == HookTarget::Pause
    }

    /// Ends all open hooks, whose deployment no longer waits for them.
    pub(super) fn abandon_hooks(&mut self) {
        for run in self.hooks.iter_mut().filter(|run| run.outcome.is_none()) {
            run.outcome = Some(Outcome::Failed);
        }
    }
}

impl HookRun {
    fn end(&self, environment: Environment<'_>) -> (Timestamp, Outcome) {
        let timed_out = (self.expires_at, Outcome::TimedOut);
        if let Some(answer) = self.answer {
            return answer;
        }
        let HookTarget::Lambda(function) = &self.target else {
            return timed_out;
        };
        match environment.lambdas.of(function).outcome() {
            Some((after, outcome)) if self.started_at + after < self.expires_at => {
                (self.started_at + after, outcome)
            }
            Some(_) | None => timed_out,
        }
    }

    /// Whether the deployment goes on after this outcome.
    pub(super) fn goes_on(&self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Succeeded => true,
            Outcome::TimedOut => self.timeout_action == HookAction::Continue,
            Outcome::Failed | Outcome::NoStatus | Outcome::NotInvocable => false,
        }
    }

    /// The value in responses (`DeploymentLifecycleHookStatus`).
    pub(super) fn status(&self) -> &'static str {
        match (&self.outcome, &self.target) {
            (None, HookTarget::Pause) => "AWAITING_ACTION",
            (None, HookTarget::Lambda(_)) => "IN_PROGRESS",
            (Some(Outcome::Succeeded), _) => "SUCCEEDED",
            (Some(Outcome::TimedOut), _) => "TIMED_OUT",
            (Some(Outcome::Failed | Outcome::NoStatus | Outcome::NotInvocable), _) => "FAILED",
        }
    }
}

/// The running hooks whose functions never end by themselves.
pub(crate) fn waiting_hooks(world: &World) -> Vec<WaitingHook> {
    let is_waiting = |run: &HookRun| {
        let never_ends = match &run.target {
            HookTarget::Lambda(function) => {
                world.ecs.lambdas.of(function) == LambdaBehaviour::NeverEnds
            }
            HookTarget::Pause => false,
        };
        never_ends && run.outcome.is_none() && run.answer.is_none()
    };
    let mut waiting = Vec::new();
    for service in world.ecs.active_services() {
        for deployment in &service.deployments.all {
            let runs = deployment.hooks.iter().filter(|run| is_waiting(run));
            waiting.extend(runs.map(|run| WaitingHook {
                deployment: deployment_arn(service, &deployment.id),
                event: run.stage.as_str(),
                execution: run.id.clone(),
            }));
        }
    }
    waiting
}

/// Ends a hook, if it still runs.
pub(crate) fn answer_hook(world: &mut World, hook: &WaitingHook, succeeded: bool) {
    let now = world.now();
    let Some(service) = at_path(&world.ecs, &hook.deployment, "service-deployment") else {
        return;
    };
    let (cluster, name) = (service.cluster.clone(), service.name.clone());
    if let Some(service) = world.ecs.service_mut(&cluster, &name) {
        let deployments = service.deployments.all.iter_mut();
        let mut runs = deployments.flat_map(|deployment| &mut deployment.hooks);
        if let Some(run) = runs.find(|run| run.id == hook.execution && run.answer.is_none()) {
            let outcome = match succeeded {
                true => Outcome::Succeeded,
                false => Outcome::Failed,
            };
            run.answer = Some((now, outcome));
        }
    }
}
