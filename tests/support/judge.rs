//! Checks the simulator's ledger after a test: nothing may be lost or done
//! twice.

use std::collections::{BTreeMap, BTreeSet};

use bluegreen_worker::rollout::token::decode;
use simulator::codepipeline::{Action, ActionStatus, JobStatus};
use simulator::world::World;

/// Longest continuation token, in characters (docs/aws.md §1.2).
const MAX_TOKEN: usize = 2048;

/// All violations of the invariants in `ARCHITECTURE.md`, as messages. All
/// actions must have ended.
pub(crate) fn complaints(world: &World) -> Vec<String> {
    let mut complaints = Vec::new();
    let created = world.ledger.calls("codedeploy", "CreateDeployment");
    let created: Vec<&str> = created
        .filter(|call| call.took_effect)
        .filter_map(|call| call.input["description"].as_str())
        .collect();
    let updated: Vec<&str> = world
        .ledger
        .calls("ecs", "UpdateService")
        .filter(|call| call.took_effect)
        .filter_map(|call| call.input["taskDefinition"].as_str())
        .collect();
    for action in world.codepipeline.actions() {
        complaints.extend(about(&created, &updated, action));
    }
    complaints.extend(unknown(&updated, world.codepipeline.actions()));
    complaints.extend(unreported(world));
    complaints
}

/// Revisions that a worker gave a service although no token names them, so that
/// the next worker would not have found the deployment after a crash.
fn unknown(updated: &[&str], actions: &[Action]) -> Vec<String> {
    let is_unknown = |revision: &&&str| !actions.iter().any(|action| names(action, revision));
    let unknown = updated.iter().filter(is_unknown);
    unknown
        .map(|revision| format!("{revision} was deployed, and no token names it"))
        .collect()
}

/// Whether a token of the action names the revision.
pub(crate) fn names(action: &Action, revision: &str) -> bool {
    let tokens = action.reports.iter();
    let mut tokens = tokens.filter_map(|report| report.continuation_token.as_deref());
    tokens.any(|token| token.contains(&format!("{revision}\"")))
}

/// The violations of one action. `created` has the descriptions of all
/// deployments by CodeDeploy, `updated` the revisions of ECS's own.
fn about(created: &[&str], updated: &[&str], action: &Action) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut complain = |what: String| complaints.push(format!("{}: {what}", action.id));
    if action.status == ActionStatus::InProgress {
        complain("has not ended".into());
    }
    let is_final =
        |report: &&simulator::codepipeline::ReportSeen| report.continuation_token.is_none();
    let finals = action.reports.iter().filter(is_final).count();
    let expected = usize::from(action.status != ActionStatus::Abandoned);
    if finals != expected {
        complain(format!("{finals} final reports"));
    }
    for report in &action.reports {
        if let Some(token) = &report.continuation_token
            && (token.chars().count() > MAX_TOKEN || decode(token).is_err())
        {
            complain(format!("the token {token}"));
        }
    }
    let is_its_own = |text: &&&str| text.contains(&action.id);
    let in_token = |revision: &&&str| names(action, revision);
    // CodeDeploy's releases may share a revision with others.
    let deployments = match action.configuration.contains_key("ServiceName") {
        true => updated.iter().filter(in_token).count(),
        false => created.iter().filter(is_its_own).count(),
    };
    if deployments > 1 {
        complain(format!("{deployments} deployments"));
    }
    let may_have_none = options(action).contains("SkipIfUnchanged=true");
    if action.status == ActionStatus::Succeeded && deployments == 0 && !may_have_none {
        complain("succeeded without a deployment".into());
    }
    complaints
}

fn options(action: &Action) -> &str {
    action
        .configuration
        .get("Options")
        .map_or("", String::as_str)
}

/// Every acknowledged job must have exactly one result, unless its action was
/// abandoned.
fn unreported(world: &World) -> Vec<String> {
    let mut reports: BTreeMap<&str, usize> = BTreeMap::new();
    let actions = world.codepipeline.actions();
    for report in actions.iter().flat_map(|action| &action.reports) {
        *reports.entry(report.job.as_str()).or_default() += 1;
    }
    let is_abandoned = |action: &Action| action.status == ActionStatus::Abandoned;
    let closed: BTreeSet<&str> = match actions.iter().any(is_abandoned) {
        // The ledger does not tell which jobs belonged to an abandoned action.
        // Jobs without a result that are still in progress are found below even
        // then.
        true => {
            let jobs = world.codepipeline.jobs().iter();
            let over = jobs.filter(|job| job.status != JobStatus::InProgress);
            over.map(|job| job.id.as_str()).collect()
        }
        false => BTreeSet::new(),
    };
    world
        .ledger
        .calls("codepipeline", "AcknowledgeJob")
        .filter(|call| call.took_effect)
        .filter_map(|call| call.input["jobId"].as_str())
        .filter(|job| reports.get(job) != Some(&1) && !closed.contains(job))
        .map(|job| {
            format!(
                "the job {job} was acknowledged and has {:?} reports",
                reports.get(job)
            )
        })
        .collect()
}
