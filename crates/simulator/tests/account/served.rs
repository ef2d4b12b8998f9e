//! Tasks for which real processes run.

use std::time::Duration;

use serde_json::json;
use simulator::codedeploy::Fixture;
use simulator::ecs::{self, ServedTask, TaskReport};
use simulator::world::World;

fn world() -> World {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().expect("a date"));
    Fixture::default().build(&mut world).expect("a scene");
    world.ecs.serve("demo", "webapp");
    world
}

fn tasks(world: &World) -> Vec<ServedTask> {
    world.ecs.served_tasks("demo", "webapp")
}

#[test]
fn tasks_that_run_already_are_served_too() {
    let world = world();
    let tasks = tasks(&world);
    assert_eq!(tasks.len(), 2);
    assert!(tasks.iter().all(|task| task.is_healthy));
    assert_eq!(tasks[0].target_group, "webapp-blue");
    assert_eq!(
        (tasks[0].image.as_str(), tasks[0].revision),
        ("webapp:1", 1)
    );
}

#[test]
fn a_task_that_ends_is_replaced_and_the_set_is_steady_once_that_is_well() {
    let mut world = world();
    let lost = tasks(&world)[0].id.clone();
    world.report_task(&lost, TaskReport::Exited { code: 3 });
    assert_eq!(tasks(&world).len(), 1);
    let steady = |world: &mut World| {
        let request = json!({ "cluster": "demo", "services": ["webapp"] });
        let answer = ecs::call(world, "DescribeServices", &request).expect("a service");
        answer["services"][0]["taskSets"][0]["stabilityStatus"] == "STEADY_STATE"
    };
    assert!(!steady(&mut world));
    world.leap(Duration::from_secs(60));
    let new = tasks(&world);
    assert_eq!(new.len(), 2);
    let new = new.iter().find(|task| !task.is_healthy).expect("a new one");
    world.report_task(&new.id, TaskReport::Healthy);
    assert!(steady(&mut world));
}

#[test]
fn nothing_is_reported_of_a_task_that_is_gone() {
    let mut world = world();
    let lost = tasks(&world)[0].id.clone();
    world.report_task(&lost, TaskReport::Unhealthy);
    world.report_task(&lost, TaskReport::Healthy);
    assert_eq!(tasks(&world).len(), 1);
}

#[test]
fn a_task_that_is_not_well_yet_does_not_get_well_because_there_are_fewer() {
    let mut world = world();
    let lost = tasks(&world)[0].id.clone();
    world.report_task(&lost, TaskReport::Exited { code: 3 });
    world.leap(Duration::from_secs(60));
    let scaled = json!({ "cluster": "demo", "service": "webapp", "desiredCount": 2 });
    ecs::call(&mut world, "UpdateService", &scaled).expect("a service");
    world.leap(Duration::from_secs(60));
    let well = tasks(&world).iter().filter(|task| task.is_healthy).count();
    assert_eq!(well, 1);
}
