//! ECS's lifecycle stages in words (docs/aws.md §6.4).

/// What happens in the stage, with ECS's name for it. A name that AWS has added
/// stands for itself.
pub(super) fn words(name: &str) -> String {
    let what = match name {
        "RECONCILE_SERVICE" => "Removing what a superseded deployment left",
        "PRE_SCALE_UP" => "Before the new tasks start",
        "SCALE_UP" | "ROLLING" => "Starting the new tasks",
        "POST_SCALE_UP" => "The new tasks run",
        "TEST_TRAFFIC_SHIFT" => "Shifting test traffic",
        "POST_TEST_TRAFFIC_SHIFT" => "Test traffic is on the new tasks",
        "PRE_PRODUCTION_TRAFFIC_SHIFT" => "Before production traffic shifts",
        "POST_PRODUCTION_TRAFFIC_SHIFT" => "All traffic is on the new tasks",
        "CLEAN_UP" => "All traffic is on the new tasks; the old ones are being stopped",
        other => return other.to_owned(),
    };
    format!("{what} ({name})")
}
