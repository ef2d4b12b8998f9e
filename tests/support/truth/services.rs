//! The same for releases that ECS deploys itself.

use simulator::codepipeline::{Action, ReportSeen};
use simulator::ecs::{DeploymentBiography, Moment};

use super::{Judge, Verdict, between};

/// Judges one report of a release to a service.
pub(super) fn judged(
    judge: &Judge<'_>,
    action: &Action,
    report: &ReportSeen,
    text: &str,
) -> Verdict {
    let claims = Claims {
        judge,
        cluster: &action.configuration["ClusterName"],
        service: &action.configuration["ServiceName"],
    };
    match (report.succeeded, &report.continuation_token) {
        (true, Some(_)) => claims.progress(text),
        (true, None) => claims.success(text),
        (false, _) => claims.failure(text),
    }
}

struct Claims<'a> {
    judge: &'a Judge<'a>,
    cluster: &'a str,
    service: &'a str,
}

const FINAL: [&str; 4] = [
    "SUCCESSFUL",
    "STOPPED",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
];

impl<'a> Claims<'a> {
    fn progress(&self, text: &str) -> Verdict {
        let harmless = [
            "Not started yet; ",
            "Waiting for AWS: ",
            "Waiting for its turn: the older ",
            "Waiting for ECS to show deployment ",
            "The task definition is registered; ",
        ];
        if harmless.iter().any(|start| text.starts_with(start)) {
            return Ok(());
        }
        if let Some(holder) = between(text, "Waiting for its turn: deployment ", " is under way") {
            return self.some_moment(holder, "is under way", |it| !is_over(it));
        }
        if let Some(id) = between(text, "Deployment ", " has been created.") {
            return self.life(id).map(|_| ());
        }
        if let Some(id) = between(text, "deployment ", " is being stopped.") {
            return self.asked_to_stop(id);
        }
        if text.starts_with("Deployment ") {
            return self.undone(text);
        }
        let id = text
            .rsplit_once(" (deployment ")
            .and_then(|(_, rest)| rest.split_once(')'));
        let (id, _) = id.ok_or("this check does not know the sentence")?;
        self.under_way(text, id)
    }

    fn under_way(&self, text: &str, id: &str) -> Verdict {
        if let Some(share) = between(text, "Shifting traffic: ", " % on the new tasks") {
            return self.some_moment(id, "share", |it| it.share.percent().to_string() == share);
        }
        if text.starts_with("Bake time: ") {
            let bakes = |it: &Moment| it.stage.as_deref() == Some("BAKE_TIME");
            return self.some_moment(id, "bakes", |it| bakes(it) && it.share.percent() >= 100.0);
        }
        if text.starts_with("Ready: ") {
            return self.some_moment(id, "waits", |it| !it.waiting.is_empty());
        }
        if text.starts_with("Queued: ") {
            return self.some_moment(id, "is queued", |it| it.status == "PENDING");
        }
        if text.starts_with("Finishing") {
            return self.some_moment(id, "is finishing", |it| it.status != "PENDING");
        }
        let stage = between(text, " (", ")").ok_or("which stage?")?;
        // ECS may show another name while it is before the shift.
        let before_shift = "PRE_PRODUCTION_TRAFFIC_SHIFT";
        self.some_moment(id, "is in this stage", |it| {
            let at = it.stage.as_deref();
            stage == "ROLLING" || at == Some(stage) || at == Some(before_shift)
        })
    }

    /// Claims about a deployment that is being rolled back.
    fn undone(&self, text: &str) -> Verdict {
        let id = between(text, "Deployment ", " ").unwrap_or_default();
        let (how, rest) = text.split_once(';').ok_or("how did it end?")?;
        self.ended(id, how)?;
        if rest.contains("never left the old version") {
            return self.never_moved(id);
        }
        if rest.contains("All production traffic is on the old version") {
            return self.some_moment(id, "old version has all", |it| it.share.percent() == 0.0);
        }
        if rest.contains("All production traffic is still on the new version") {
            return self.some_moment(id, "new version has all", |it| it.share.percent() >= 100.0);
        }
        if let Some((share, _)) = rest.split_once(" % of the production traffic is still") {
            let share = share.rsplit(' ').next().unwrap_or_default();
            return self.some_moment(id, "share", |it| it.share.percent().to_string() == share);
        }
        match rest.contains("The worker could not see which version serves production") {
            true => Ok(()),
            false => Err("who has the production traffic?".into()),
        }
    }

    fn ended(&self, id: &str, how: &str) -> Verdict {
        let life = self.life(id)?;
        let last = life.moments.iter().rfind(|it| it.at <= self.judge.to);
        let goes_on = |it: &Moment| it.status == "PENDING" || it.status == "IN_PROGRESS";
        let says = |words: &str| how.contains(words);
        if says("superseded") && life.superseded_by.is_none() && !self.met_another(&life) {
            return Err(format!("no deployment superseded {id}"));
        }
        let asked = says("asked to stop") || says("because");
        if asked || says("within the timeout and was stopped") {
            return self.asked_to_stop(id);
        }
        match last.is_some_and(|last| !goes_on(last) && last.status != "SUCCESSFUL") {
            true => Ok(()),
            false => Err(format!("{id} has not ended so: {last:?}")),
        }
    }

    /// Whether another deployment began in the moment in which this one gave up,
    /// so that nothing tells which came first.
    fn met_another(&self, life: &DeploymentBiography<'_>) -> bool {
        let goes_on = |it: &&Moment| it.status == "PENDING" || it.status == "IN_PROGRESS";
        let gave_up = life.moments.iter().find(|it| !goes_on(it)).map(|it| it.at);
        let ecs = &self.judge.world.ecs;
        let all = ecs.service_deployments(self.cluster, self.service);
        let mut others = all.iter().filter(|one| one.arn != life.arn);
        others.any(|one| Some(one.moments[0].at) == gave_up)
    }

    fn asked_to_stop(&self, id: &str) -> Verdict {
        let arn = self.life(id)?.arn;
        let ledger = &self.judge.world.ledger;
        let mut calls = ledger.calls("ecs", "StopServiceDeployment");
        let is_it = |call: &simulator::ledger::Entry| {
            call.input["serviceDeploymentArn"] == arn.as_str() && call.at <= self.judge.to
        };
        match calls.any(is_it) {
            true => Ok(()),
            false => Err(format!("no worker has stopped {id}")),
        }
    }

    fn never_moved(&self, id: &str) -> Verdict {
        let life = self.life(id)?;
        let by_then = life.moments.iter().filter(|it| it.at <= self.judge.to);
        match by_then.map(|it| it.share).max() {
            Some(share) if share.percent() > 0.0 => {
                Err(format!("{} % had moved in {id}", share.percent()))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn success(&self, text: &str) -> Verdict {
        if text.starts_with("Nothing to do: ") {
            return Ok(());
        }
        let (revision, _) = text.split_once(" is live").ok_or("what is live?")?;
        let id = between(text, "(deployment ", ")").ok_or("by which deployment?")?;
        let deploys = self.life(id)?.task_definition;
        if !deploys.ends_with(&format!("/{revision}")) {
            return Err(format!("{id} deploys {deploys}"));
        }
        if text.contains("All traffic has moved") {
            return self.some_moment(id, "all traffic has moved", |it| {
                it.share.percent() >= 100.0
            });
        }
        self.some_moment(id, "is live", |it| it.status == "SUCCESSFUL")
    }

    fn failure(&self, text: &str) -> Verdict {
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let second = lines.next().unwrap_or_default();
        let is_about_its_end = ["Production ", "No rollback was made", "Whether production "]
            .iter()
            .any(|start| second.starts_with(start));
        if !is_about_its_end {
            return Ok(());
        }
        let id = between(first, "Deployment ", " ").ok_or("which deployment?")?;
        let (how, _) = first.split_once(": ").ok_or("how did it end?")?;
        self.ended(id, how)?;
        if second.contains("never left the old version") {
            self.never_moved(id)?;
        } else if second.starts_with("Production is back on the old version") {
            let life = self.life(id)?;
            let mut by_then = life.moments.iter().filter(|it| it.at <= self.judge.to);
            if !by_then.any(|it| it.share.percent() > 0.0) {
                return Err("it never left it".into());
            }
        } else if let Some(share) = between(second, "made: ", " % of the traffic") {
            self.some_moment(id, "share", |it| it.share.percent().to_string() == share)?;
        }
        if second.contains("rollback succeeded)") {
            return self.some_moment(id, "is back", |it| it.status == "ROLLBACK_SUCCESSFUL");
        }
        if second.contains("rollback failed") {
            return self.some_moment(id, "is not back", |it| it.status == "ROLLBACK_FAILED");
        }
        Ok(())
    }

    fn life(&self, id: &str) -> Result<DeploymentBiography<'a>, String> {
        let ecs = &self.judge.world.ecs;
        let mut all = ecs
            .service_deployments(self.cluster, self.service)
            .into_iter();
        let suffix = format!(":service-deployment/{id}");
        let life = all.find(|one| one.arn.ends_with(&suffix));
        let life = life.ok_or_else(|| format!("there is no deployment {id}"))?;
        match life.moments[0].at <= self.judge.to {
            true => Ok(life),
            false => Err(format!("{id} was not there yet")),
        }
    }

    /// Whether the condition held at some time between the observation and the
    /// report.
    fn some_moment(&self, id: &str, what: &str, is_so: impl Fn(&Moment) -> bool) -> Verdict {
        let life = self.life(id)?;
        let (from, to) = (self.judge.from, self.judge.to);
        let before = life.moments.iter().rev().find(|it| it.at <= from);
        let since = |it: &&Moment| it.at > from && it.at <= to;
        let mut moments = before.into_iter().chain(life.moments.iter().filter(since));
        match moments.any(is_so) {
            true => Ok(()),
            false => Err(format!("not so ({what}) of {id}: {:?}", life.moments)),
        }
    }
}

fn is_over(moment: &Moment) -> bool {
    FINAL.contains(&moment.status.as_str())
}
