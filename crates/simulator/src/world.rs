//! The whole simulated account: the state of every service and the current
//! time.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloudwatch::{AlarmState, CloudWatch};
use crate::codedeploy::CodeDeploy;
use crate::codepipeline::{self, CodePipeline};
use crate::ec2::Ec2;
use crate::ecr::Ecr;
use crate::ecs::{Ecs, TaskReport};
use crate::elb::LoadBalancing;
use crate::eventbridge::EventBridge;
use crate::faults::Faults;
use crate::iam::Iam;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::logs::Logs;
use crate::names::Names;
use crate::s3::S3;
use crate::timeline;

/// The Region of every account.
pub const REGION: &str = "eu-west-1";

/// One account in one Region.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct World {
    /// Twelve digits.
    pub account: String,
    pub region: String,
    now: Timestamp,
    #[serde(skip)]
    ahead: Duration,
    pub names: Names,
    pub keys: Keys,
    pub ledger: Ledger,
    pub faults: Faults,
    pub codepipeline: CodePipeline,
    pub s3: S3,
    pub ecs: Ecs,
    pub codedeploy: CodeDeploy,
    pub cloudwatch: CloudWatch,
    pub ecr: Ecr,
    #[serde(default)]
    pub iam: Iam,
    #[serde(default)]
    pub ec2: Ec2,
    #[serde(default)]
    pub elb: LoadBalancing,
    #[serde(default)]
    pub eventbridge: EventBridge,
    #[serde(default)]
    pub logs: Logs,
}

impl World {
    /// An empty account at the time `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self::seeded(now, 0)
    }

    /// An empty account whose ids differ from those of any other seed.
    #[must_use]
    pub fn seeded(now: Timestamp, seed: u64) -> Self {
        let mut names = Names::new(seed);
        Self {
            account: "111122223333".into(),
            region: REGION.into(),
            now,
            ahead: Duration::ZERO,
            keys: Keys::new(&mut names),
            names,
            ledger: Ledger::default(),
            faults: Faults::default(),
            codepipeline: CodePipeline::default(),
            s3: S3::default(),
            ecs: Ecs::default(),
            codedeploy: CodeDeploy::default(),
            cloudwatch: CloudWatch::default(),
            ecr: Ecr::default(),
            iam: Iam::default(),
            ec2: Ec2::default(),
            elb: LoadBalancing::default(),
            eventbridge: EventBridge::default(),
            logs: Logs::default(),
        }
    }

    /// The ARN of a resource of the account in its Region.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("{}:{resource}", self.arn_prefix(service))
    }

    /// What the ARNs of a service's resources begin with.
    pub(crate) fn arn_prefix(&self, service: &str) -> String {
        format!("arn:aws:{service}:{}:{}", self.region, self.account)
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Moves time on to `now` and processes everything that became due. Time
    /// never goes back: an earlier `now` changes nothing.
    pub fn advance_to(&mut self, now: Timestamp) {
        if now <= self.now {
            return;
        }
        self.now = now;
        codepipeline::advance(self);
        timeline::advance(self);
    }

    /// Sets the state of a CloudWatch alarm and processes what follows at once.
    pub fn set_alarm(&mut self, name: &str, state: AlarmState) {
        self.change_alarm(name, state, None);
    }

    /// Like [`Self::set_alarm`], with the reason for the state.
    pub fn set_alarm_because(&mut self, name: &str, state: AlarmState, reason: &str) {
        self.change_alarm(name, state, Some(reason));
    }

    fn change_alarm(&mut self, name: &str, state: AlarmState, reason: Option<&str>) {
        self.cloudwatch.set(name, state, self.now);
        if let Some(reason) = reason {
            self.cloudwatch.explain(name, reason);
        }
        self.codedeploy.alarms_changed();
        self.ecs.alarms_changed();
        timeline::advance(self);
    }

    /// Records what a task's real process does, and processes what follows at
    /// once.
    pub fn report_task(&mut self, task: &str, report: TaskReport) {
        self.ecs.report_task(task, report, self.now);
        timeline::advance(self);
    }

    /// Advances to the time of a clock, plus the total of all leaps.
    pub fn follow(&mut self, clock: Timestamp) {
        self.advance_to(clock + self.ahead);
    }

    /// Skips this much time. The offset to a followed clock grows by it.
    pub fn leap(&mut self, time: Duration) {
        self.ahead += time;
        self.advance_to(self.now + time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::action_type;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a date")
    }

    #[test]
    fn time_never_goes_back() {
        let mut world = World::new(at("2026-01-01T00:01:00Z"));
        world.advance_to(at("2026-01-01T00:00:00Z"));
        assert_eq!(world.now(), at("2026-01-01T00:01:00Z"));
    }

    #[test]
    fn a_leap_stays_ahead_of_the_clock() {
        let mut world = World::new(at("2026-01-01T00:00:00Z"));
        world.leap(Duration::from_secs(60));
        world.follow(at("2026-01-01T00:00:05Z"));
        assert_eq!(world.now(), at("2026-01-01T00:01:05Z"));
    }

    #[test]
    fn a_world_survives_being_written_down() {
        let world = World::webapp(at("2026-01-01T00:00:00Z"), &[action_type()]);
        let text = serde_json::to_string(&world).unwrap();
        let back: World = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
    }
}
