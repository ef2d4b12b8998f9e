//! Checks that what the pipeline showed was true. Each sentence about traffic,
//! version and state is compared with the state of the simulated account when
//! CodePipeline accepted the report.
//!
//! A worker observes a deployment and reports afterwards, so a report may
//! describe a slightly earlier state. A claim therefore holds if it was true at
//! some time between the observation and the report. If calls failed or were
//! slow in that time, the observation may be as old as a job can be.

mod services;

use std::time::Duration;

use jiff::Timestamp;
use simulator::codedeploy::{Biography, Moment};
use simulator::codepipeline::{Action, ReportSeen};
use simulator::ledger::{Entry, Outcome};
use simulator::world::World;

/// Longest time from an observation to its report if faults occur: a job, plus
/// the time of a slow call.
const AT_MOST: Duration = Duration::from_secs(600);

/// All claims that were false or that this module does not recognize. A claim
/// may have been true up to `shortly` before its report, or up to [`AT_MOST`]
/// if faults occurred.
pub(crate) fn untruths(world: &World, shortly: Duration) -> Vec<String> {
    let actions = world.codepipeline.actions().iter();
    let reports = actions.flat_map(|action| action.reports.iter().map(move |it| (action, it)));
    let judged = reports.filter_map(|(action, report)| {
        let text = report.text.as_deref()?;
        let judge = Judge::new(world, report, shortly);
        let is_ecs = action.configuration.contains_key("ServiceName");
        let wrong = match (report.succeeded, &report.continuation_token) {
            _ if is_ecs => services::judged(&judge, action, report, text),
            (true, Some(_)) if text.starts_with("Not started yet; ") => judge.not_begun(&action.id),
            (true, Some(_)) => judge.progress(text),
            (true, None) => judge.success(text),
            (false, _) => judge.failure(text),
        };
        wrong
            .err()
            .map(|wrong| complaint(action, report, &wrong, text))
    });
    judged.collect()
}

fn complaint(action: &Action, report: &ReportSeen, wrong: &str, text: &str) -> String {
    format!("{} at {}: {wrong}: {text}", action.id, report.at)
}

struct Judge<'a> {
    world: &'a World,
    /// Earliest time of the observation, and time of the report.
    from: Timestamp,
    to: Timestamp,
}

type Verdict = Result<(), String>;

impl<'a> Judge<'a> {
    fn new(world: &'a World, report: &ReportSeen, shortly: Duration) -> Self {
        let is_put = |entry: &&Entry| {
            entry.input["jobId"] == report.job.as_str() && entry.operation.starts_with("Put")
        };
        // The first attempt; CodePipeline may have accepted a later one.
        let put = world.ledger.entries().find(is_put);
        let tried = put.map_or(report.at, |entry| entry.at.min(report.at));
        let is_near = |entry: &Entry| entry.at >= tried - AT_MOST && entry.at <= report.at;
        let went_wrong = |entry: &Entry| match &entry.outcome {
            Outcome::Fault(_) => is_near(entry),
            // A throttled worker reports late.
            Outcome::Error(code) => code.contains("Throttl") && is_near(entry),
            Outcome::Ok => false,
        };
        let slack = match world.ledger.entries().any(went_wrong) {
            true => AT_MOST.max(shortly),
            false => shortly,
        };
        Self {
            world,
            from: tried - slack,
            to: report.at,
        }
    }

    fn not_begun(&self, action: &str) -> Verdict {
        let mut calls = self.world.ledger.calls("codedeploy", "CreateDeployment");
        let of_it = |call: &Entry| {
            let description = call.input["description"].as_str();
            call.took_effect && description.is_some_and(|text| text.contains(action))
        };
        match calls.any(|call| of_it(call) && call.at < self.from) {
            true => Err("its deployment has been made".into()),
            false => Ok(()),
        }
    }

    fn progress(&self, text: &str) -> Verdict {
        let harmless = [
            "Waiting for AWS: ",
            "Waiting for its turn: the older ",
            "Waiting for CodeDeploy to show deployment ",
            "The task definition is registered; ",
        ];
        if harmless.iter().any(|start| text.starts_with(start)) {
            return Ok(());
        }
        if let Some(holder) = between(text, "Waiting for its turn: deployment ", " holds ") {
            return self.some_moment(holder, "holds the group", |it| !is_over(it));
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
        match text
            .rsplit_once(" (deployment ")
            .and_then(|(_, rest)| rest.split_once(')'))
        {
            Some((id, _)) => self.under_way(text, id),
            None => Err("this check does not know the sentence".into()),
        }
    }

    /// Checks claims about a deployment in progress, which must be the
    /// release's own and not its rollback.
    fn under_way(&self, text: &str, id: &str) -> Verdict {
        if self.life(id)?.rolls_back.is_some() {
            return Err(format!("{id} is a rollback, not the release"));
        }
        // Without a call of the worker's, only a person ends this wait.
        let waited = |it: &Moment| it.stage == "Ready" && it.at <= self.to;
        if text.contains("; continued by hand") && !self.life(id)?.moments.iter().any(waited) {
            return Err(format!("{id} has not waited to be continued"));
        }
        if let Some(share) = between(text, "AllowTraffic: ", " % on the new task set") {
            return self.some_moment(id, "share", |it| it.green.to_string() == share);
        }
        if text.starts_with("All traffic is on the new task set") {
            let until = between(text, "are kept until ", "Z");
            let until = until.and_then(|until| format!("{until}Z").parse::<Timestamp>().ok());
            let gone = text.contains("are being stopped or are gone");
            return self.some_moment(id, "all traffic has moved", |it| {
                let over = it.stage == "Draining" || it.stage == "Succeeded";
                let stage = match gone {
                    true => over,
                    false => it.stage == "TerminationWait",
                };
                stage && it.green == 100 && until.is_none_or(|until| until >= it.at)
            });
        }
        if text.starts_with("Ready: ") {
            return self.some_moment(id, "is ready", |it| it.status == "Ready");
        }
        if text.starts_with("Queued: ") {
            return self.some_moment(id, "is queued", |it| it.status == "Created");
        }
        if text.starts_with("Finishing") {
            return self.some_moment(id, "is finishing", |it| it.stage != "Created");
        }
        let end = text.find([':', ';', ' ']).unwrap_or(text.len());
        let event = &text[..end];
        self.some_moment(id, "is in this event", |it| it.stage == event)
    }

    /// Checks claims about a deployment that failed or was stopped and is rolled
    /// back.
    fn undone(&self, text: &str) -> Verdict {
        let id = between(text, "Deployment ", " ").unwrap_or_default();
        let life = self.life(id)?;
        let (how, rest) = text.split_once(';').ok_or("how did it end?")?;
        self.ended(&life, how)?;
        if let Some(rollback) = between(rest, " rollback ", " ") {
            let rolls_back = self.life(rollback)?.rolls_back;
            if rolls_back != Some(id) {
                return Err(format!("{rollback} rolls back {rolls_back:?}"));
            }
            if let Some(since) = between(rest, "undoing it since ", "Z") {
                let since: Timestamp = format!("{since}Z").parse().map_err(|_| "no moment")?;
                let made = self.life(rollback)?.moments[0].at;
                if (made - since).get_seconds().abs() > AT_MOST.as_secs().cast_signed() {
                    return Err(format!("{rollback} began at {made}"));
                }
            }
            return self.production(&life, rollback, rest);
        }
        self.production(&life, id, rest)
    }

    /// Checks claims about the version with the production traffic, against the
    /// deployment that shifted it last.
    fn production(&self, undone: &Biography<'_>, last: &str, text: &str) -> Verdict {
        if text.contains("never left the old version") {
            return self.never_moved(undone);
        }
        if text.contains("All production traffic is on the old version") {
            return self.some_moment(last, "old version has all", |it| it.green == 0);
        }
        if text.contains("All production traffic is still on the new version") {
            return self.some_moment(last, "new version has all", |it| it.green == 100);
        }
        if let Some((share, _)) = text.split_once(" % of the production traffic is still") {
            let share = share.rsplit(' ').next().unwrap_or_default();
            return self.some_moment(last, "share", |it| it.green.to_string() == share);
        }
        match text.contains("The worker could not see which version serves production") {
            true => Ok(()),
            false => Err("who has the production traffic?".into()),
        }
    }

    fn never_moved(&self, life: &Biography<'_>) -> Verdict {
        let by_then = life.moments.iter().filter(|it| it.at <= self.to);
        match by_then.map(|it| it.green).max() {
            None | Some(0) => Ok(()),
            Some(share) => Err(format!("{share} % had moved in {}", life.id)),
        }
    }

    fn ended(&self, life: &Biography<'_>, how: &str) -> Verdict {
        let by_us = self.effects("StopDeployment", life.id);
        let says = |words: &str| how.contains(words);
        let ok = if says("failed") && !says("stopped") {
            life.error != Some("ALARM_ACTIVE") && self.was(life, "Failed")
        } else if says("by an alarm") {
            life.error == Some("ALARM_ACTIVE")
        } else if says("by hand") {
            !by_us && life.error != Some("ALARM_ACTIVE") && self.was(life, "Stopped")
        } else if says("because") || says("within the timeout and was stopped") {
            by_us && self.was(life, "Stopped")
        } else if says("asked to stop") || says("has not stopped") || says("has not") {
            by_us
        } else {
            says("was stopped") && self.was(life, "Stopped")
        };
        match ok {
            true => Ok(()),
            false => Err(format!(
                "{} ended otherwise: {:?}",
                life.id,
                life.moments.last()
            )),
        }
    }

    fn was(&self, life: &Biography<'_>, status: &str) -> bool {
        let mut moments = life.moments.iter();
        moments.any(|it| it.at <= self.to && it.status == status)
    }

    fn asked_to_stop(&self, id: &str) -> Verdict {
        self.life(id)?;
        match self.effects("StopDeployment", id) {
            true => Ok(()),
            false => Err(format!("no caller has stopped {id}")),
        }
    }

    fn effects(&self, operation: &str, id: &str) -> bool {
        let mut calls = self.world.ledger.calls("codedeploy", operation);
        calls.any(|call| call.took_effect && call.input["deploymentId"] == id && call.at <= self.to)
    }

    fn success(&self, text: &str) -> Verdict {
        if text.starts_with("Nothing to do: ") {
            return Ok(());
        }
        let (revision, _) = text.split_once(" is live").ok_or("what is live?")?;
        let id = between(text, "(deployment ", ")").ok_or("by which deployment?")?;
        let life = self.life(id)?;
        if !life
            .task_definition
            .is_some_and(|arn| arn.ends_with(&format!("/{revision}")))
        {
            return Err(format!("{id} deploys {:?}", life.task_definition));
        }
        if text.contains("All traffic has moved") {
            return self.some_moment(id, "all traffic has moved", |it| it.green == 100);
        }
        self.some_moment(id, "is live", |it| {
            it.status == "Succeeded" && it.green == 100
        })
    }

    fn failure(&self, text: &str) -> Verdict {
        let mut lines = text.lines();
        let (first, second) = (
            lines.next().unwrap_or_default(),
            lines.next().unwrap_or_default(),
        );
        let is_about_its_end = ["Production ", "No rollback was made", "Whether production "]
            .iter()
            .any(|start| second.starts_with(start));
        if !is_about_its_end {
            return Ok(());
        }
        let id = between(first, "Deployment ", " ").ok_or("which deployment?")?;
        let life = self.life(id)?;
        let (how, _) = first.split_once(": ").ok_or("how did it end?")?;
        self.ended(&life, how)?;
        let rollback = between(second, "rollback ", " ");
        if second.contains("never left the old version") {
            self.never_moved(&life)?;
        } else if second.starts_with("Production is back on the old version") {
            let moved = life
                .moments
                .iter()
                .any(|it| it.at <= self.to && it.green > 0);
            if !moved {
                return Err("it never left it".into());
            }
        } else if let Some(share) = between(second, "made: ", " % of the traffic") {
            self.some_moment(id, "share", |it| it.green.to_string() == share)?;
        }
        if second.contains(" succeeded)") {
            let rollback = rollback.ok_or("which rollback?")?;
            let is_back = |it: &Moment| it.status == "Succeeded" && it.green == 0;
            return self.some_moment(rollback, "is back", is_back);
        }
        Ok(())
    }

    fn life(&self, id: &str) -> Result<Biography<'a>, String> {
        let life = self.world.codedeploy.biography(id);
        let life = life.ok_or_else(|| format!("there is no deployment {id}"))?;
        match life.moments[0].at <= self.to {
            true => Ok(life),
            false => Err(format!("{id} was not there yet")),
        }
    }

    /// Whether the condition held at some time between the observation and the
    /// report.
    fn some_moment(&self, id: &str, what: &str, is_so: impl Fn(&Moment) -> bool) -> Verdict {
        let life = self.life(id)?;
        let before = life.moments.iter().rev().find(|it| it.at <= self.from);
        let since = |it: &&Moment| it.at > self.from && it.at <= self.to;
        let mut moments = before.into_iter().chain(life.moments.iter().filter(since));
        match moments.any(is_so) {
            true => Ok(()),
            false => Err(format!("not so ({what}) of {id}: {:?}", life.moments)),
        }
    }
}

fn is_over(moment: &Moment) -> bool {
    ["Succeeded", "Failed", "Stopped"].contains(&moment.status.as_str())
}

/// The part of `text` after the first `start` and before the next `end`.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}
