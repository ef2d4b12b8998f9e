//! The lifecycle stages of a deployment, and which one follows which
//! (docs/aws.md §6.4).

use serde::{Deserialize, Serialize};

/// A lifecycle stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Stage {
    ReconcileService,
    PreScaleUp,
    ScaleUp,
    PostScaleUp,
    TestTrafficShift,
    PostTestTrafficShift,
    PreProductionTrafficShift,
    ProductionTrafficShift,
    PostProductionTrafficShift,
    BakeTime,
    CleanUp,
}

/// A stage, and the step of the production shift that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) stage: Stage,
    /// Counts from 0; stays at the last step after the shift.
    pub(super) step: usize,
}

/// What decides the stages of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StageSequence {
    /// Whether the stages before and between are passed, which a rolling
    /// deployment does not.
    pub(super) is_staged: bool,
    /// Whether tasks of a superseded deployment must be removed first.
    pub(super) reconciles: bool,
    pub(super) has_test_traffic: bool,
    /// Number of steps of the production shift; at least 1.
    pub(super) steps: usize,
}

impl Stage {
    pub(super) const ALL: [Self; 11] = [
        Self::ReconcileService,
        Self::PreScaleUp,
        Self::ScaleUp,
        Self::PostScaleUp,
        Self::TestTrafficShift,
        Self::PostTestTrafficShift,
        Self::PreProductionTrafficShift,
        Self::ProductionTrafficShift,
        Self::PostProductionTrafficShift,
        Self::BakeTime,
        Self::CleanUp,
    ];

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == name)
    }

    /// The name in hooks and, except for `PRE_PRODUCTION_TRAFFIC_SHIFT`, in
    /// responses.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ReconcileService => "RECONCILE_SERVICE",
            Self::PreScaleUp => "PRE_SCALE_UP",
            Self::ScaleUp => "SCALE_UP",
            Self::PostScaleUp => "POST_SCALE_UP",
            Self::TestTrafficShift => "TEST_TRAFFIC_SHIFT",
            Self::PostTestTrafficShift => "POST_TEST_TRAFFIC_SHIFT",
            Self::PreProductionTrafficShift => "PRE_PRODUCTION_TRAFFIC_SHIFT",
            Self::ProductionTrafficShift => "PRODUCTION_TRAFFIC_SHIFT",
            Self::PostProductionTrafficShift => "POST_PRODUCTION_TRAFFIC_SHIFT",
            Self::BakeTime => "BAKE_TIME",
            Self::CleanUp => "CLEAN_UP",
        }
    }

    /// Whether a hook can run at the stage.
    pub(super) fn takes_hooks(self) -> bool {
        !matches!(self, Self::ScaleUp | Self::BakeTime | Self::CleanUp)
    }
}

impl StageSequence {
    pub(super) fn first(self) -> Place {
        let stage = match (self.is_staged, self.reconciles) {
            (false, _) => Stage::ScaleUp,
            (true, true) => Stage::ReconcileService,
            (true, false) => Stage::PreScaleUp,
        };
        Place { stage, step: 0 }
    }

    /// The place after this one; `None` once the deployment has succeeded.
    pub(super) fn after(self, place: Place) -> Option<Place> {
        let Place { stage, step } = place;
        let to = |stage| Some(Place { stage, step });
        match stage {
            Stage::ReconcileService => to(Stage::PreScaleUp),
            Stage::PreScaleUp => to(Stage::ScaleUp),
            Stage::ScaleUp if self.is_staged => to(Stage::PostScaleUp),
            Stage::PostScaleUp if self.has_test_traffic => to(Stage::TestTrafficShift),
            Stage::TestTrafficShift => to(Stage::PostTestTrafficShift),
            Stage::PostScaleUp | Stage::PostTestTrafficShift => {
                to(Stage::PreProductionTrafficShift)
            }
            Stage::PreProductionTrafficShift => to(Stage::ProductionTrafficShift),
            Stage::ProductionTrafficShift if step + 1 < self.steps => Some(Place {
                stage: Stage::PreProductionTrafficShift,
                step: step + 1,
            }),
            Stage::ProductionTrafficShift => to(Stage::PostProductionTrafficShift),
            Stage::ScaleUp | Stage::PostProductionTrafficShift => to(Stage::BakeTime),
            Stage::BakeTime => to(Stage::CleanUp),
            Stage::CleanUp => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGED: StageSequence = StageSequence {
        is_staged: true,
        reconciles: false,
        has_test_traffic: true,
        steps: 1,
    };

    fn path(sequence: StageSequence) -> String {
        let mut place = Some(sequence.first());
        let mut names = Vec::new();
        while let Some(now) = place {
            names.push(match now.step {
                0 => now.stage.as_str().to_owned(),
                step => format!("{}+{step}", now.stage.as_str()),
            });
            place = sequence.after(now);
        }
        names.join(" ")
    }

    #[test]
    fn a_course_passes_its_stages_in_the_documented_order() {
        const END: &str = "POST_PRODUCTION_TRAFFIC_SHIFT BAKE_TIME CLEAN_UP";
        assert_eq!(
            path(STAGED),
            format!(
                "PRE_SCALE_UP SCALE_UP POST_SCALE_UP TEST_TRAFFIC_SHIFT POST_TEST_TRAFFIC_SHIFT \
                 PRE_PRODUCTION_TRAFFIC_SHIFT PRODUCTION_TRAFFIC_SHIFT {END}"
            )
        );
        let untested = StageSequence {
            has_test_traffic: false,
            reconciles: true,
            ..STAGED
        };
        assert_eq!(
            path(untested),
            format!(
                "RECONCILE_SERVICE PRE_SCALE_UP SCALE_UP POST_SCALE_UP \
                 PRE_PRODUCTION_TRAFFIC_SHIFT PRODUCTION_TRAFFIC_SHIFT {END}"
            )
        );
    }

    #[test]
    fn both_stages_of_the_production_shift_come_for_every_step() {
        let sequence = StageSequence {
            steps: 3,
            has_test_traffic: false,
            ..STAGED
        };
        let path = path(sequence);
        assert!(
            path.contains(
                "POST_SCALE_UP PRE_PRODUCTION_TRAFFIC_SHIFT PRODUCTION_TRAFFIC_SHIFT \
                 PRE_PRODUCTION_TRAFFIC_SHIFT+1 PRODUCTION_TRAFFIC_SHIFT+1 \
                 PRE_PRODUCTION_TRAFFIC_SHIFT+2 PRODUCTION_TRAFFIC_SHIFT+2 \
                 POST_PRODUCTION_TRAFFIC_SHIFT+2"
            ),
            "{path}"
        );
    }

    #[test]
    fn a_rolling_deployment_only_scales_up_waits_and_cleans_up() {
        let sequence = StageSequence {
            is_staged: false,
            reconciles: true,
            has_test_traffic: false,
            steps: 1,
        };
        assert_eq!(path(sequence), "SCALE_UP BAKE_TIME CLEAN_UP");
    }

    #[test]
    fn every_stage_is_parsed_from_its_name() {
        for stage in Stage::ALL {
            assert_eq!(Stage::parse(stage.as_str()), Some(stage));
        }
        assert_eq!(Stage::parse("CLEANUP"), None);
    }
}
