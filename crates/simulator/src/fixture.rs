//! A prepared account: an action type, the artifact bucket, and a service
//! under CodeDeploy.

use jiff::Timestamp;
use serde_json::Value;

use crate::codedeploy::Fixture;
use crate::codepipeline;
use crate::ecr::Platform;
use crate::world::World;

/// The image in the example's release.
pub const IMAGE: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/webapp@sha256:\
                     9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A role that the prepared account lets its worker assume.
pub const DEPLOY_ROLE: &str = "arn:aws:iam::111122223333:role/deploy";

/// The external id that the role requires.
pub const EXTERNAL_ID: &str = "shop-42";

/// The trust policy of [`DEPLOY_ROLE`].
const FOR_WORKER: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"shop-42"}}}]}"#;

impl World {
    /// An account in which a release of `webapp` can start at once. Each
    /// action type is an input of `CreateCustomActionType`.
    ///
    /// # Panics
    ///
    /// If CodePipeline refuses an action type.
    #[must_use]
    pub fn webapp(now: Timestamp, action_types: &[Value]) -> Self {
        let mut world = Self::new(now);
        world.seed(action_types);
        Fixture::default()
            .build(&mut world)
            .expect("the scene keeps to the services' rules");
        world
    }

    /// Adds what every release needs: these action types, the artifact bucket,
    /// the role [`DEPLOY_ROLE`] and the example's image.
    ///
    /// # Panics
    ///
    /// If the account has them already, or CodePipeline refuses an action type.
    pub fn seed(&mut self, action_types: &[Value]) {
        let bucket = self.artifact_bucket();
        let now = self.now();
        self.s3.create_bucket_at(&bucket, now);
        self.add_role("/", "deploy", FOR_WORKER);
        for action_type in action_types {
            codepipeline::call(self, "CreateCustomActionType", action_type)
                .expect("the action type is valid and new");
        }
        self.push_image(IMAGE, &[Platform::LinuxAmd64, Platform::LinuxArm64])
            .expect("the image lies in ECR");
    }
}
