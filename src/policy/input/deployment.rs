//! The document's member `deployment`: where the release goes, and how the
//! traffic shifts there.

use serde_json::{Map, Number, Value, json};

use super::{NO_SERVICE, NOT_ASKED, Subject, insert};
use crate::job::{DeployTarget, GroupName, ServiceName};
use crate::release::deployment_configuration::{HookTarget, LifecycleHook, Strategy};
use crate::release::target::{Group, ReadyOption, Service};

/// The member, as far as it is known.
pub(super) fn deployment(subject: &Subject<'_>) -> Value {
    let mut deployment = Map::new();
    match &subject.request.target {
        DeployTarget::Group(GroupName { application, group }) => {
            deployment.insert("engine".into(), "codedeploy".into());
            deployment.insert("application".into(), application.as_str().into());
            deployment.insert("group".into(), group.as_str().into());
            if let Some(group) = subject.group {
                let config = subject.request.options.deployment_config.as_ref();
                let config = config.or(group.deployment_config.as_ref());
                insert(&mut deployment, "config", config.cloned());
                by_codedeploy(group, &mut deployment);
            }
        }
        DeployTarget::Service(ServiceName { cluster, service }) => {
            deployment.insert("engine".into(), "ecs".into());
            deployment.insert("cluster".into(), cluster.as_str().into());
            deployment.insert("service".into(), service.as_str().into());
            if let Some(service) = subject.service {
                by_ecs(service, &mut deployment);
            }
        }
    }
    Value::Object(deployment)
}

/// Why all but the names is absent.
pub(super) fn absence(subject: &Subject<'_>) -> Option<&'static str> {
    match (&subject.request.target, subject.group, subject.service) {
        (_, None, _) => Some(NOT_ASKED),
        (DeployTarget::Service(_), Some(_), None) => Some(NO_SERVICE),
        (DeployTarget::Service(_), Some(_), Some(_)) | (DeployTarget::Group(_), Some(_), _) => None,
    }
}

fn by_codedeploy(group: &Group, deployment: &mut Map<String, Value>) {
    deployment.insert("alarms".into(), json!(group.alarms));
    deployment.insert("autoRollback".into(), json!(group.auto_rollback));
    let wait = match group.ready {
        ReadyOption::Continue => 0,
        ReadyOption::WaitFor(wait) => wait.as_secs(),
    };
    deployment.insert("readyWaitSeconds".into(), wait.into());
    let wait = group.termination_wait.as_secs();
    deployment.insert("terminationWaitSeconds".into(), wait.into());
    deployment.insert("targetGroups".into(), json!(group.target_groups));
    deployment.insert("listeners".into(), json!(group.listeners));
    deployment.insert("hasTestListener".into(), group.has_test_listener.into());
}

fn by_ecs(service: &Service, deployment: &mut Map<String, Value>) {
    let configuration = &service.deployment_configuration;
    let strategy = &configuration.strategy;
    deployment.insert("strategy".into(), strategy.word().into());
    let step = match *strategy {
        Strategy::Linear { percent, every } => Some((percent, every)),
        Strategy::Canary {
            percent,
            rest_after,
        } => Some((percent, rest_after)),
        Strategy::Rolling | Strategy::BlueGreen | Strategy::Unrecognised(_) => None,
    };
    if let Some((percent, wait)) = step {
        deployment.insert("stepPercent".into(), percentage(percent));
        deployment.insert("stepWaitSeconds".into(), wait.as_secs().into());
    }
    let bake_time = configuration.bake_time.as_secs();
    deployment.insert("bakeTimeSeconds".into(), bake_time.into());
    deployment.insert("alarms".into(), json!(configuration.alarms));
    let rolls_back = configuration.alarms_roll_back;
    deployment.insert("alarmsRollBack".into(), rolls_back.into());
    if let Some(rollback) = configuration.circuit_breaker {
        deployment.insert("circuitBreaker".into(), json!({"rollback": rollback}));
    }
    let hooks = configuration.hooks.iter().map(hook);
    deployment.insert("hooks".into(), hooks.collect());
    let load_balancers = service.load_balancers.iter();
    let groups = load_balancers.flat_map(|it| [&it.target_group, &it.alternate_target_group]);
    let groups: Vec<&String> = groups.flatten().collect();
    deployment.insert("targetGroups".into(), json!(groups));
    let rules = service.load_balancers.iter();
    let rules: Vec<&String> = rules.flat_map(|it| &it.production_rule).collect();
    deployment.insert("productionRules".into(), json!(rules));
    let mut load_balancers = service.load_balancers.iter();
    let has_test_listener = load_balancers.any(|it| it.test_rule.is_some());
    deployment.insert("hasTestListener".into(), has_test_listener.into());
}

fn hook(hook: &LifecycleHook) -> Value {
    let (kind, function) = match &hook.target {
        HookTarget::Lambda(function) => ("AWS_LAMBDA", Some(function.clone())),
        HookTarget::Pause => ("PAUSE", None),
        HookTarget::Unrecognised(kind) => (kind.as_str(), None),
    };
    let mut shown = Map::new();
    shown.insert("type".into(), kind.into());
    insert(&mut shown, "function", function);
    shown.insert("stages".into(), json!(hook.stages));
    let timeout = hook.timeout.as_secs();
    shown.insert("timeoutSeconds".into(), timeout.into());
    let then = if hook.continues {
        "CONTINUE"
    } else {
        "ROLLBACK"
    };
    shown.insert("onTimeout".into(), then.into());
    Value::Object(shown)
}

/// As a rule's author would write it: `10` and `33.3`. Functions of Rego can
/// depend on the notation of a number.
fn percentage(percent: f64) -> Value {
    let number = percent.to_string().parse::<Number>();
    number.map_or(Value::Null, Value::Number)
}
