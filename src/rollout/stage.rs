//! What a deployment is doing: CodeDeploy's lifecycle events (docs/aws.md §5.3)
//! and ECS's lifecycle stages (§6.4) are the same steps under different names.

/// A step of a deployment, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    BeforeNewTasks,
    /// The new tasks start.
    NewTasks,
    AfterNewTasks,
    TestTraffic,
    AfterTestTraffic,
    /// ECS comes back to this stage before every step of the traffic.
    BeforeShift,
    /// Production traffic shifts.
    Shift,
    AfterShift,
    /// Old and new tasks run until it is certain that the new ones may stay.
    Bake,
    CleanUp,
    /// A stage that AWS has added.
    Other,
}

impl Stage {
    /// The stage with this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "BeforeInstall" | "RECONCILE_SERVICE" | "PRE_SCALE_UP" => Self::BeforeNewTasks,
            // Rolling deployments have no stages.
            "Install" | "SCALE_UP" | "ROLLING" => Self::NewTasks,
            "AfterInstall" | "POST_SCALE_UP" => Self::AfterNewTasks,
            "AllowTestTraffic" | "TEST_TRAFFIC_SHIFT" => Self::TestTraffic,
            "AfterAllowTestTraffic" | "POST_TEST_TRAFFIC_SHIFT" => Self::AfterTestTraffic,
            "BeforeAllowTraffic" | "PRE_PRODUCTION_TRAFFIC_SHIFT" => Self::BeforeShift,
            "AllowTraffic" | "PRODUCTION_TRAFFIC_SHIFT" => Self::Shift,
            "AfterAllowTraffic" | "POST_PRODUCTION_TRAFFIC_SHIFT" => Self::AfterShift,
            "BAKE_TIME" => Self::Bake,
            "CLEAN_UP" => Self::CleanUp,
            _ => Self::Other,
        }
    }
}
