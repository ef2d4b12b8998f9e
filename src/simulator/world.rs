//! The whole pretend account: every service's state and the present moment.

use jiff::Timestamp;

use super::codedeploy::CodeDeploy;
use super::ecs::Ecs;

/// One account in one Region.
#[derive(Debug)]
pub struct World {
    pub account: String,
    pub region: String,
    now: Timestamp,
    pub ecs: Ecs,
    pub codedeploy: CodeDeploy,
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
        }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }
}
