//! The document's member `deployment`: where the release goes, and how the
//! traffic shifts there.

use serde_json::{Number, Value, json};

use super::{NO_SERVICE, NOT_ASKED, Subject, known};
use crate::job::{DeployTarget, GroupName, ServiceName};
use crate::release::deployment_configuration::{HookTarget, LifecycleHook, Strategy};
use crate::release::target::{Group, ReadyOption, Service};

/// The member, as far as it is known.
pub(super) fn deployment(subject: &Subject<'_>) -> Value {
    let (mut deployment, shown) = match &subject.request.target {
        DeployTarget::Group(GroupName { application, group }) => (
            json!({"engine": "codedeploy", "application": application, "group": group}),
            subject.group.map(|group| by_codedeploy(group, subject)),
        ),
        DeployTarget::Service(ServiceName { cluster, service }) => (
            json!({"engine": "ecs", "cluster": cluster, "service": service}),
            subject.service.map(by_ecs),
        ),
    };
    let account = subject.request.options.role_account();
    deployment["account"] = account.or(subject.account).into();
    if let (Some(all), Some(Value::Object(shown))) = (deployment.as_object_mut(), shown) {
        all.extend(shown);
    }
    known(deployment)
}

/// Why all but the names is absent.
pub(super) fn absence(subject: &Subject<'_>) -> Option<&'static str> {
    match (&subject.request.target, subject.group, subject.service) {
        (_, None, _) => Some(NOT_ASKED),
        (DeployTarget::Service(_), Some(_), None) => Some(NO_SERVICE),
        (DeployTarget::Service(_), Some(_), Some(_)) | (DeployTarget::Group(_), Some(_), _) => None,
    }
}

fn by_codedeploy(group: &Group, subject: &Subject<'_>) -> Value {
    let config = subject.request.options.deployment_config.as_ref();
    let wait = match group.ready {
        ReadyOption::Continue => 0,
        ReadyOption::WaitFor(wait) => wait.as_secs(),
    };
    json!({
        "config": config.or(group.deployment_config.as_ref()),
        "alarms": group.alarms,
        "autoRollback": group.auto_rollback,
        "readyWaitSeconds": wait,
        "terminationWaitSeconds": group.termination_wait.as_secs(),
        "targetGroups": group.target_groups,
        "listeners": group.listeners,
        "hasTestListener": group.has_test_listener,
    })
}

fn by_ecs(service: &Service) -> Value {
    let configuration = &service.deployment_configuration;
    let strategy = &configuration.strategy;
    let (percent, wait) = match *strategy {
        Strategy::Linear { percent, every } => (Some(percent), Some(every)),
        Strategy::Canary {
            percent,
            rest_after,
        } => (Some(percent), Some(rest_after)),
        Strategy::Rolling | Strategy::BlueGreen | Strategy::Unrecognised(_) => (None, None),
    };
    let breaker = configuration.circuit_breaker;
    let load_balancers = || service.load_balancers.iter();
    let groups = load_balancers().flat_map(|it| [&it.target_group, &it.alternate_target_group]);
    json!({
        "strategy": strategy.word(),
        "stepPercent": percent.map(percentage),
        "stepWaitSeconds": wait.map(|wait| wait.as_secs()),
        "bakeTimeSeconds": configuration.bake_time.as_secs(),
        "alarms": configuration.alarms,
        "alarmsRollBack": configuration.alarms_roll_back,
        "circuitBreaker": breaker.map(|rollback| json!({"rollback": rollback})),
        "hooks": configuration.hooks.iter().map(hook).collect::<Value>(),
        "targetGroups": groups.flatten().collect::<Vec<_>>(),
        "productionRules": load_balancers().flat_map(|it| &it.production_rule).collect::<Vec<_>>(),
        "hasTestListener": load_balancers().any(|it| it.test_rule.is_some()),
    })
}

fn hook(hook: &LifecycleHook) -> Value {
    let (kind, function) = match &hook.target {
        HookTarget::Lambda(function) => ("AWS_LAMBDA", Some(function)),
        HookTarget::Pause => ("PAUSE", None),
        HookTarget::Unrecognised(kind) => (kind.as_str(), None),
    };
    known(json!({
        "type": kind,
        "function": function,
        "stages": hook.stages,
        "timeoutSeconds": hook.timeout.as_secs(),
        "onTimeout": if hook.continues { "CONTINUE" } else { "ROLLBACK" },
    }))
}

/// As a rule's author would write it: `10` and `33.3`. Functions of Rego can
/// depend on the notation of a number.
fn percentage(percent: f64) -> Value {
    let number = percent.to_string().parse::<Number>();
    number.map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::job::offer::PipelineContext;
    use crate::job::request::Request;
    use crate::policy::Previous;

    fn account(options: &str, own: Option<&str>) -> Option<String> {
        let properties = [
            ("ApplicationName", "shop"),
            ("DeploymentGroupName", "web"),
            ("TaskDefinitionTemplateArtifact", "Build"),
            ("AppSpecTemplateArtifact", "Build"),
            ("Options", options),
        ];
        let configuration = properties.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let configuration = BTreeMap::from(configuration);
        let shown = deployment(&Subject {
            task_definition: &Value::Null,
            app_spec: None,
            images: &[],
            request: &Request::parse(&configuration, &["Build"]).expect("it is in order"),
            pipeline: &PipelineContext::default(),
            account: own,
            configuration: &configuration,
            registries: &BTreeMap::new(),
            group: None,
            service: None,
            previous: &Previous::NotAsked,
            now: "2026-12-01T09:30:00Z".parse().expect("a time"),
        });
        shown["account"].as_str().map(str::to_owned)
    }

    /// The same name may stand for another team's group in another account.
    #[test]
    fn a_role_of_another_account_shows_where_the_release_goes() {
        let (own, elsewhere) = (Some("111122223333"), Some("444455556666".to_owned()));
        let role = "RoleArn=arn:aws:iam::444455556666:role/deploy";
        assert_eq!(account("", own).as_deref(), own);
        assert_eq!(account(role, own), elsewhere);
        assert_eq!(account(role, None), elsewhere);
        assert_eq!(account("", None), None);
    }
}
