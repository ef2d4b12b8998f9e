//! `--simulate-permissions`: asks IAM's policy simulator which of the worker's
//! calls its role may make.
//!
//! IAM is asked about each statement of the policy that `iam-policy` prints for
//! these settings, with its actions and resources. Two kinds of denial are
//! warnings. Releases go on without some permissions. And some statements name
//! more resources than one worker may need: a role that is limited to fewer on
//! purpose is not allowed the whole statement.
//!
//! `sts:AssumeRole` is left out: `doctor` assumes each role, and the simulator
//! does not see the roles' trust policies.

use aws_config::SdkConfig;

use super::check::Check;
use super::targets::Targets;
use crate::aws::{Decision, Identity, PolicySimulator};
use crate::config::Settings;
use crate::job::permissions::{PASSED_TO, Purpose, S3Place, Scope, Statement, statements};
use crate::ports::{CallError, CallErrorKind};

const NAME: &str = "simulated permissions";

pub(super) async fn checks(
    config: &SdkConfig,
    settings: &Settings,
    identity: &Identity,
    targets: Targets<'_>,
) -> Vec<Check> {
    let Some(principal) = identity.iam_arn() else {
        return vec![Check::warning(
            NAME,
            format!(
                "IAM simulates users and roles, and {} is neither",
                identity.arn
            ),
            "use the credentials of the worker's role",
        )];
    };
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    let scope = scope(settings, identity, &region, targets);
    let simulator = PolicySimulator::new(config, &principal);
    let context = [("aws:RequestedRegion", region.as_str()), PASSED_TO];
    let mut allowed = 0;
    let mut checks = Vec::new();
    let mut left = statements(&scope).into_iter();
    while let Some(statement) = left.next() {
        let (actions, resources) = (&statement.actions, &statement.resources);
        match simulator.decide(actions, resources, &context).await {
            Ok(decisions) => {
                let is_allowed = |it: &&Decision| **it == Decision::Allowed;
                allowed += decisions.iter().filter(is_allowed).count();
                checks.extend(denied(&statement, &decisions));
            }
            Err(error) => {
                let unknown = std::iter::once(statement).chain(left.by_ref());
                let unknown = unknown.flat_map(|statement| statement.actions);
                checks.push(not_simulated(
                    &error,
                    &principal,
                    &unknown.collect::<Vec<_>>(),
                ));
            }
        }
    }
    if allowed > 0 {
        let what = format!("IAM would allow {allowed} actions of {principal}");
        checks.insert(0, Check::good(NAME, what));
    }
    checks
}

/// What the worker needs with these settings.
fn scope(settings: &Settings, identity: &Identity, region: &str, targets: Targets<'_>) -> Scope {
    let (application, group) = targets.group.unwrap_or(("*", "*"));
    let (cluster, service) = targets.service.unwrap_or(("*", "*"));
    let journal = settings.journal.as_ref();
    let journal = journal.and_then(|place| S3Place::parse(&place.to_string()));
    let policies = settings.policy.iter();
    let policies = policies.filter_map(|source| S3Place::parse(&source.to_string()));
    let event_bus = settings.event_bus.as_ref();
    Scope {
        purposes: Vec::new(),
        partition: identity.arn.split(':').nth(1).unwrap_or("aws").to_owned(),
        region: region.to_owned(),
        account: identity.account.clone(),
        versions: settings.action_versions.clone(),
        application: application.to_owned(),
        group: group.to_owned(),
        cluster: cluster.to_owned(),
        service: service.to_owned(),
        pass_roles: vec!["*".into()],
        journal,
        policies: policies.collect(),
        event_bus: event_bus.map(|bus| bus.as_str().to_owned()),
        roles: Vec::new(),
        for_role: false,
    }
}

/// One check for each reason why actions of the statement are not allowed.
fn denied(statement: &Statement, decisions: &[Decision]) -> Vec<Check> {
    let mut reasons: Vec<(&Decision, Vec<&str>)> = Vec::new();
    for (decision, action) in decisions.iter().zip(&statement.actions) {
        match reasons.iter_mut().find(|(reason, _)| *reason == decision) {
            Some((_, actions)) => actions.push(action),
            None => reasons.push((decision, vec![action])),
        }
    }
    let checks = reasons.into_iter().filter_map(|(decision, actions)| {
        let (reason, remedy) = why(decision, &statement.sid)?;
        let what = format!(
            "IAM would deny {} on {}: {reason}",
            actions.join(", "),
            statement.resources.join(", ")
        );
        Some(match leniency(statement, decision) {
            Some(note) => Check::warning(NAME, what, format!("{remedy}; {note}")),
            None => Check::failed(NAME, what, remedy),
        })
    });
    checks.collect()
}

/// The reason of a denial, and what to do. `None` if the action is allowed.
fn why(decision: &Decision, sid: &str) -> Option<(String, String)> {
    let (reason, remedy) = match decision {
        Decision::Allowed => return None,
        Decision::NotAllowed => (
            "no statement allows it".into(),
            format!(
                "add the statement {sid} of `bluegreen-worker iam-policy` to the role's policy"
            ),
        ),
        Decision::Denied => (
            "a statement denies it".into(),
            "remove that statement, or exempt the worker's role from it".into(),
        ),
        Decision::DeniedByOrganization => (
            "the organization's service control policies do not allow it".into(),
            "ask the organization's administrators to allow it".into(),
        ),
        Decision::DeniedByBoundary => (
            "the role's permissions boundary does not allow it".into(),
            format!(
                "add the statement {sid} of `bluegreen-worker iam-policy` to the permissions \
                 boundary"
            ),
        ),
        Decision::Unclear(keys) => (
            format!(
                "its conditions use {}, which the simulation does not know",
                keys.join(", ")
            ),
            format!(
                "see that the conditions hold for the worker's calls, or add the statement {sid} \
                 of `bluegreen-worker iam-policy`"
            ),
        ),
    };
    Some((reason, remedy))
}

/// Why a denial is only a warning.
fn leniency(statement: &Statement, decision: &Decision) -> Option<&'static str> {
    let is_absent = match decision {
        Decision::NotAllowed | Decision::DeniedByBoundary => true,
        Decision::Unclear(_) => return Some("the call itself may be allowed"),
        Decision::Allowed | Decision::Denied | Decision::DeniedByOrganization => false,
    };
    match statement.purpose {
        Purpose::Images | Purpose::Diagnose | Purpose::Events => Some("releases go on without it"),
        Purpose::Deploy if is_absent && may_be_narrower(statement) => {
            Some("if the role is limited to fewer resources on purpose, nothing is wrong")
        }
        Purpose::Poll
        | Purpose::Deploy
        | Purpose::Journal
        | Purpose::Policies
        | Purpose::Roles
        | Purpose::Register => None,
    }
}

/// Whether the statement names more resources than a worker may need. An action
/// without a resource type needs `*`.
fn may_be_narrower(statement: &Statement) -> bool {
    let mut resources = statement.resources.iter();
    statement.passes_roles || resources.any(|arn| arn.len() > 1 && arn.contains('*'))
}

/// The error is never the worker's: it does not call IAM.
fn not_simulated(error: &CallError, principal: &str, actions: &[&str]) -> Check {
    let remedy = match error.kind {
        CallErrorKind::Denied => {
            format!("allow iam:SimulatePrincipalPolicy on {principal}; only this check needs it")
        }
        CallErrorKind::Refused if error.code == "NoSuchEntity" => {
            "a session does not tell the path of its role: run `aws iam \
             simulate-principal-policy` with the role's full ARN and these actions"
                .into()
        }
        CallErrorKind::Refused => "correct what IAM's message names".into(),
        CallErrorKind::Throttled => "try again later".into(),
        CallErrorKind::Unclear | CallErrorKind::Unreachable => {
            "check that IAM can be reached: network, proxy".into()
        }
    };
    let what = format!("unknown for {}: {error}", actions.join(", "));
    Check::warning(NAME, what, remedy)
}

#[cfg(test)]
mod tests {
    use super::super::check::State;
    use super::*;

    fn statement(purpose: Purpose, resource: &str) -> Statement {
        Statement {
            sid: "Some".into(),
            purpose,
            actions: vec!["a:One", "a:Two", "a:Three"],
            resources: vec![resource.into()],
            passes_roles: false,
        }
    }

    fn state(statement: &Statement, decision: Decision) -> State {
        let checks = denied(statement, &[Decision::Allowed, decision, Decision::Allowed]);
        let [check] = checks.as_slice() else {
            panic!("{checks:?}");
        };
        assert!(check.line().contains("deny a:Two on "), "{}", check.line());
        check.state
    }

    #[test]
    fn a_denied_action_is_an_error_if_every_release_needs_it() {
        let unclear = Decision::Unclear(vec!["aws:SourceVpc".into()]);
        let group = statement(
            Purpose::Deploy,
            "arn:aws:codedeploy:r:a:deploymentgroup:*/*",
        );
        let any = statement(Purpose::Deploy, "*");
        let roles = Statement {
            passes_roles: true,
            ..any.clone()
        };
        let images = statement(Purpose::Images, "*");
        let journal = statement(Purpose::Journal, "arn:aws:s3:::journal/fleet/*");
        for (statement, decision, expected) in [
            (&any, Decision::NotAllowed, State::Failed),
            (&any, Decision::DeniedByBoundary, State::Failed),
            (&any, Decision::DeniedByOrganization, State::Failed),
            (&any, unclear, State::Warning),
            (&group, Decision::NotAllowed, State::Warning),
            (&group, Decision::DeniedByBoundary, State::Warning),
            (&group, Decision::Denied, State::Failed),
            (&roles, Decision::NotAllowed, State::Warning),
            (&images, Decision::Denied, State::Warning),
            (&journal, Decision::NotAllowed, State::Failed),
        ] {
            let found = state(statement, decision.clone());
            assert_eq!(found, expected, "{statement:?} {decision:?}");
        }
    }

    #[test]
    fn each_reason_has_one_line_with_its_actions() {
        let any = statement(Purpose::Poll, "*");
        let decisions = [Decision::NotAllowed, Decision::Denied, Decision::NotAllowed];
        let lines: String = denied(&any, &decisions).iter().map(Check::line).collect();
        assert_eq!(
            lines,
            "FAIL  simulated permissions: IAM would deny a:One, a:Three on *: no statement allows \
             it → add the statement Some of `bluegreen-worker iam-policy` to the role's policy\n\
             FAIL  simulated permissions: IAM would deny a:Two on *: a statement denies it → \
             remove that statement, or exempt the worker's role from it\n"
        );
        assert_eq!(denied(&any, &[Decision::Allowed, Decision::Allowed]), []);
    }
}
