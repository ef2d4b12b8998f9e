//! Rate limit of CodePipeline: as many calls as one second allows may come at
//! once. AWS publishes no rate for CodePipeline; the error beyond the limit is
//! the one observed (docs/aws.md §1.3).

use crate::api::ApiError;
use crate::world::World;

/// Admits a call, if the rate limit allows it.
///
/// # Errors
///
/// `ThrottlingException` if the settings' rate is exceeded.
pub fn admit(world: &mut World) -> Result<(), ApiError> {
    let now = world.now();
    let codepipeline = &mut world.codepipeline;
    let Some(rate) = codepipeline.settings.calls_per_second else {
        return Ok(());
    };
    let rate = f64::from(rate.get());
    match codepipeline.bucket.take(rate, rate, now) {
        true => Ok(()),
        false => Err(ApiError::new("ThrottlingException", "Rate exceeded")),
    }
}
