//! The whole pretend account: every service's state and the present moment.

use jiff::Timestamp;

use super::cloudwatch::{AlarmState, CloudWatch};
use super::codedeploy::CodeDeploy;
use super::ecr::Ecr;
use super::ecs::Ecs;
use super::timeline;

/// One account in one Region.
#[derive(Debug)]
pub struct World {
    pub account: String,
    pub region: String,
    now: Timestamp,
    pub ecs: Ecs,
    pub codedeploy: CodeDeploy,
    pub cloudwatch: CloudWatch,
    pub ecr: Ecr,
}

impl World {
    /// An empty account at the moment `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            now,
            ecs: Ecs::default(),
            codedeploy: CodeDeploy::default(),
            cloudwatch: CloudWatch::default(),
            ecr: Ecr::default(),
        }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Puts a CloudWatch alarm into a state, with all that follows at once.
    pub fn set_alarm(&mut self, name: &str, state: AlarmState) {
        self.cloudwatch.set(name, state, self.now);
        timeline::advance(self);
    }

    /// Moves on to `now` and lets everything happen that has become due. Time
    /// never goes back: an earlier moment changes nothing.
    pub fn advance_to(&mut self, now: Timestamp) {
        if now > self.now {
            self.now = now;
            timeline::advance(self);
        }
    }
}
