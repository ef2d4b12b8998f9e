//! The whole simulated account: the state of every service and the current
//! time.

use std::time::Duration;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

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

/// The longest time that can be set or skipped, in seconds: a year, well beyond
/// every timeout. With longer ones a time could leave the calendar.
const MAX_SECONDS: u64 = 366 * 24 * 3600;

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
    pub iam: Iam,
    pub ec2: Ec2,
    pub elb: LoadBalancing,
    pub eventbridge: EventBridge,
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

    /// The account as JSON, from which [`Self::from_json`] makes it again.
    ///
    /// This is code once here, and not in every crate that calls it.
    ///
    /// # Errors
    ///
    /// If a value cannot be written as JSON.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }

    /// The account that [`Self::to_json`] has written.
    ///
    /// # Errors
    ///
    /// If the JSON is not an account of this version.
    pub fn from_json(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json)
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
        self.set_alarm_because(name, state, None);
    }

    /// Like [`Self::set_alarm`], with the reason for the state.
    pub fn set_alarm_because(&mut self, name: &str, state: AlarmState, reason: Option<&str>) {
        self.cloudwatch.set(name, state, reason, self.now);
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

/// Reads a number of seconds that may be set.
pub(crate) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match u64::deserialize(deserializer)? {
        seconds @ ..=MAX_SECONDS => Ok(seconds),
        _ => Err(D::Error::custom(format!("at most {MAX_SECONDS} seconds"))),
    }
}
