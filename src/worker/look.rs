//! What a visit sees: each look answers one step's question, asks for no more
//! than it needs, and asks side by side where it can.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::bundle::read_bundle;
use super::claim::Hold;
use super::hands::Hands;
use super::images::ask_registries;
use super::observer::{Observer, Presence};
use super::previous::previous;
use super::review::review;
use crate::job::TaskDefinitionArn;
use crate::job::offer::Job;
use crate::job::request::Request;
use crate::messages::finding::marked;
use crate::messages::limit::fit;
use crate::policy::Previous;
use crate::ports::{GroupAnswer, Trouble};
use crate::release::bundle::Bundle;
use crate::release::finding::Finding;
use crate::release::plan::{
    Answers, Looked, Plan, PlannedTaskDefinition, Revision, named_revision, plan,
};
use crate::release::surroundings::{Group, Service, Surroundings};
use crate::release::task_definition::{is_registered, registered_as};
use crate::rollout::decision::Sight;
use crate::rollout::failure::Failure;
use crate::rollout::starting;
use crate::rollout::starting::Turn;
use crate::rollout::step::Rollout;

/// A visit's eyes, with what it need not look at twice.
pub(super) struct Looks {
    pub(super) hands: Hands,
    pub(super) job: Job,
    /// Whether an earlier visit, or a call whose answer was lost, may have
    /// made a deployment that the group no longer shows as its last.
    pub(super) search: bool,
    /// Whether a revision may have been registered that nobody has noted.
    unnoted: bool,
    bundle: Option<Bundle>,
    planned: Option<Result<Plan, Vec<Finding>>>,
    /// What the author should hear of at the end.
    warnings: Vec<String>,
    pub(super) sights: BTreeSet<Sight>,
    /// When it was last considered whether to ask for an abandonment.
    pub(super) asked: Timestamp,
    /// Counts the visit among those that look at deployments, once it does.
    presence: Option<Presence>,
}

/// What is seen before there is a deployment.
pub(super) struct Before<'a> {
    planned: &'a Result<Plan, Vec<Finding>>,
    turn: Turn,
    unchanged: Option<TaskDefinitionArn>,
    warnings: &'a [String],
}

impl Looks {
    pub(super) fn new(hands: Hands, job: Job, rollout: &Rollout, hold: Hold) -> Self {
        Self {
            asked: hands.clock.now() - hands.pace.poll_interval,
            search: job.data.token.is_some() || hold == Hold::Doubtful,
            unnoted: rollout.troubled_since.is_some() || hold == Hold::Doubtful,
            hands,
            job,
            bundle: None,
            planned: None,
            warnings: Vec::new(),
            sights: BTreeSet::new(),
            presence: None,
        }
    }

    /// What the visits share that look at deployments, this one among them.
    pub(super) fn observer(&mut self) -> Arc<Observer> {
        let observer = self.hands.observer.clone();
        self.presence.get_or_insert_with(|| observer.enter());
        observer
    }

    /// The plan, once it has been made.
    pub(super) fn plan(&self) -> Option<&Plan> {
        self.planned
            .as_ref()
            .and_then(|planned| planned.as_ref().ok())
    }

    /// What was found on the way and does not refuse the release.
    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// From now on, looks at this as well.
    pub(super) fn also(&mut self, sight: Sight) {
        self.sights.insert(sight);
    }

    /// A call went wrong: what was seen of others may be out of date.
    pub(super) fn distrust(&mut self) {
        self.search = true;
        self.unnoted = true;
    }

    /// The revision that a call registered whose answer was lost: the newest
    /// of its family, if it is what `body` asks for. A release that has no
    /// reason to look registers a revision of its own.
    pub(super) async fn registered_before(
        &self,
        body: &Value,
        since: Timestamp,
    ) -> Result<Option<TaskDefinitionArn>, Trouble> {
        let Some(family) = body["family"].as_str().filter(|_| self.unnoted) else {
            return Ok(None);
        };
        // By its family's name alone ECS describes the newest revision.
        let newest = TaskDefinitionArn::new(family);
        let described = self.hands.ports.task_definitions.describe(&newest).await?;
        Ok(described.and_then(|described| registered_as(body, &described, since)))
    }

    /// The plan and whose turn it is; `Err` inside where the release cannot
    /// even be planned.
    pub(super) async fn before_deploying(
        &mut self,
        request: &Request,
        since: Timestamp,
    ) -> Result<Result<Before<'_>, Failure>, Trouble> {
        let (bundle, around) = tokio::join!(
            self.read_bundle(request),
            self.look_around_and_back(request)
        );
        let (bundle, (group, service, previous)) = match (bundle?, around?) {
            (Ok(bundle), Ok(around)) => (bundle, around),
            (Err(failure), _) | (_, Err(failure)) => return Ok(Err(failure)),
        };
        let turn = self
            .whose_turn(request, &group, service.as_ref(), since)
            .await?;
        let running = service.as_ref().and_then(Service::primary);
        let running = running.and_then(|primary| primary.task_definition.clone());
        if self.planned.is_none() {
            let answers = self.answers(request, &bundle).await?;
            let surroundings = Surroundings { group, service };
            let looked = Looked {
                surroundings,
                answers,
            };
            let planned = match plan(request, &bundle, &looked) {
                Ok(plan) => {
                    let parts = (request, &bundle, &looked);
                    review(&self.hands, &self.job, plan, &previous, parts).await
                }
                Err(findings) => Err(findings),
            };
            self.warnings = planned.as_ref().map_or_else(|_| Vec::new(), warnings);
            self.planned = Some(planned);
        }
        self.bundle = Some(bundle);
        let unchanged = self.unchanged(request, running).await?;
        let planned = self.planned.as_ref().expect("it was planned just now");
        Ok(Ok(Before {
            planned,
            turn,
            unchanged,
            warnings: &self.warnings,
        }))
    }

    /// The running revision, if it is the planned one and that is to be asked.
    async fn unchanged(
        &self,
        request: &Request,
        running: Option<TaskDefinitionArn>,
    ) -> Result<Option<TaskDefinitionArn>, Trouble> {
        let (Some(plan), Some(running), true) =
            (self.plan(), running, request.options.skip_if_unchanged)
        else {
            return Ok(None);
        };
        let is_same = match &plan.task_definition {
            PlannedTaskDefinition::Existing(planned) => *planned == running,
            PlannedTaskDefinition::Register(body) => {
                let described = self.hands.ports.task_definitions.describe(&running).await?;
                described.is_some_and(|described| is_registered(body, &described))
            }
        };
        Ok(is_same.then_some(running))
    }

    async fn read_bundle(&self, request: &Request) -> Result<Result<Bundle, Failure>, Trouble> {
        match &self.bundle {
            Some(bundle) => Ok(Ok(bundle.clone())),
            None => read_bundle(&self.hands, &self.job, request).await,
        }
    }

    /// What the files ask for.
    async fn answers(&self, request: &Request, bundle: &Bundle) -> Result<Answers, Trouble> {
        let revision = match named_revision(request, bundle) {
            None => Revision::NotAsked,
            Some(arn) => match self.hands.ports.task_definitions.describe(&arn).await? {
                Some(described) => Revision::Described(described),
                None => Revision::Missing,
            },
        };
        let images = ask_registries(&self.hands, request, bundle).await?;
        Ok(Answers { revision, images })
    }

    /// The same, and for the policies what the service runs; all of it while
    /// the artifacts are read.
    async fn look_around_and_back(
        &self,
        request: &Request,
    ) -> Result<Result<(Group, Option<Service>, Previous), Failure>, Trouble> {
        let (group, service) = match self.look_around(request).await? {
            Ok(around) => around,
            Err(failure) => return Ok(Err(failure)),
        };
        let previous = match &self.planned {
            None => previous(&self.hands, service.as_ref()).await,
            Some(_) => Previous::NotAsked,
        };
        Ok(Ok((group, service, previous)))
    }

    /// The deployment group, then the service that it deploys.
    pub(super) async fn look_around(
        &self,
        request: &Request,
    ) -> Result<Result<(Group, Option<Service>), Failure>, Trouble> {
        let (application, group) = (&request.application, &request.deployment_group);
        let ports = &self.hands.ports;
        let group = match ports.deployments.group(application, group).await? {
            GroupAnswer::Found(group) => *group,
            GroupAnswer::NoApplication => {
                let application = application.clone();
                return Ok(Err(Failure::NoApplication { application }));
            }
            GroupAnswer::NoGroup => {
                let (application, group) = (application.clone(), group.clone());
                return Ok(Err(Failure::NoGroup { application, group }));
            }
        };
        let service = match group.services.first() {
            Some(name) => ports.services.describe(name).await?,
            None => None,
        };
        Ok(Ok((group, service)))
    }
}

/// Warnings and notes in words, as many as a summary has room for.
fn warnings(plan: &Plan) -> Vec<String> {
    /// More would hide what the summary has to say.
    const MOST: usize = 8;
    /// A line that says where and what.
    const LONGEST: usize = 200;
    let line = |finding| fit(&marked(finding), LONGEST);
    plan.findings.iter().take(MOST).map(line).collect()
}

impl Before<'_> {
    pub(super) fn seen(&self) -> starting::Seen<'_> {
        starting::Seen {
            plan: self.planned,
            turn: &self.turn,
            unchanged: self.unchanged.as_ref(),
            warnings: self.warnings,
        }
    }
}
