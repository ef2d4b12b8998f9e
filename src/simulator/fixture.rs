//! A prepared account: the action type, the artifact bucket, and a service
//! under CodeDeploy.

use jiff::Timestamp;

use super::codedeploy::Fixture;
use super::codepipeline::{self, ActionTypeId};
use super::ecr::Platform;
use super::world::World;
use crate::job::Engine;
use crate::job::action_type::{PROVIDER, definition};
use crate::release::images::ImageReference;

/// The image in the example's release.
const IMAGE: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/webapp@sha256:\
                     9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A role that the prepared account lets its worker assume.
pub const DEPLOY_ROLE: &str = "arn:aws:iam::111122223333:role/deploy";

/// The external id that the role requires.
pub const EXTERNAL_ID: &str = "shop-42";

impl ActionTypeId {
    /// The action type of the prepared account.
    #[must_use]
    pub fn blue_green() -> Self {
        Self::custom("Deploy", PROVIDER, "1")
    }
}

impl World {
    /// An account in which a release of `webapp` can start at once.
    ///
    /// # Panics
    ///
    /// Never: a test shows that the services accept the fixture.
    #[must_use]
    pub fn webapp(now: Timestamp) -> Self {
        let mut world = Self::new(now);
        world.seed();
        Fixture::default()
            .build(&mut world)
            .expect("the scene keeps to the services' rules");
        world
    }

    /// Adds what every release needs: both action types, the artifact bucket, the
    /// role [`DEPLOY_ROLE`] and the example's image.
    ///
    /// # Panics
    ///
    /// If the account has them already.
    pub fn seed(&mut self) {
        let bucket = self.artifact_bucket();
        self.s3.create_bucket(&bucket);
        self.keys
            .roles
            .insert(DEPLOY_ROLE.into(), Some(EXTERNAL_ID.into()));
        for engine in Engine::ALL {
            let definition = definition(&engine.into(), &self.region);
            codepipeline::call(self, "CreateCustomActionType", &definition)
                .expect("a new account has no such action type");
        }
        let image = ImageReference::parse(IMAGE).expect("an image");
        self.push_image(&image, &[Platform::LinuxAmd64, Platform::LinuxArm64]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_account_has_everything_that_a_release_needs() {
        let world = World::webapp(Timestamp::UNIX_EPOCH);
        assert_eq!(world.ecs.registered(), 1);
        assert_eq!(world.codedeploy.deployments(), 0);
    }

    #[test]
    fn the_image_of_the_example_is_there() {
        let example = include_str!("../../examples/webapp/imageDetail.json");
        assert!(example.contains(IMAGE), "{example}");
    }
}
