//! The steps of a release with their states, for the page and for the terminal.

use super::view::{ActionShown, DeploymentShown, EventShown, StepShown, StepState, View};

/// Steps with their names on the page, and the lifecycle events or stages that
/// they are: CodeDeploy's first, then ECS's.
const EVENTS: [(&str, [&str; 2]); 4] = [
    ("New tasks", ["Install", "SCALE_UP"]),
    ("Test traffic", ["AllowTestTraffic", "TEST_TRAFFIC_SHIFT"]),
    (
        "Tested",
        ["AfterAllowTestTraffic", "POST_TEST_TRAFFIC_SHIFT"],
    ),
    (TRAFFIC, ["AllowTraffic", "PRODUCTION_TRAFFIC_SHIFT"]),
];
const TRAFFIC: &str = "Production traffic";
/// The step that only ECS's own deployments have.
const BAKE: (&str, &str) = ("Bake time", "BAKE_TIME");

/// The steps of the view's first action; empty if there is none.
#[must_use]
pub fn flow(view: &View) -> Vec<StepShown> {
    let Some(action) = view.actions.first() else {
        return Vec::new();
    };
    let mut deployments = view.deployments.iter();
    let release = deployments.clone().find(|one| !one.is_rollback);
    let rollback = deployments.find(|one| one.is_rollback);
    let mut steps = vec![
        step("Job taken", StepState::UnderWay).reached(action.taken),
        checked(action, release),
    ];
    let share = view.traffic.as_ref().map(|traffic| traffic.green);
    let events = EVENTS.iter();
    steps.extend(events.map(|(name, events)| shown(name, events, release, share)));
    let (name, event) = BAKE;
    if release.is_some_and(|one| one.events.iter().any(|one| one.name == event)) {
        steps.push(shown(name, &[event], release, share));
    }
    if release.is_some_and(|one| one.waits.is_some()) {
        let mut steps = steps.iter_mut().skip_while(|step| step.name != TRAFFIC);
        if let Some(waiting) = steps.find(|step| step.state != StepState::Done) {
            waiting.state = StepState::UnderWay;
            waiting.note = "waits to be continued".into();
        }
    }
    if let Some(rollback) = rollback {
        steps.push(rolled_back(rollback));
    }
    steps.push(done(action, release));
    steps
}

fn step(name: &'static str, state: StepState) -> StepShown {
    StepShown {
        name,
        state,
        at: None,
        note: String::new(),
    }
}

impl StepShown {
    /// Marks the step as done if it has a time.
    fn reached(mut self, at: Option<f64>) -> Self {
        if at.is_some() {
            self.state = StepState::Done;
            self.at = whole(at);
        }
        self
    }

    fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

fn has_failed(action: &ActionShown) -> bool {
    !matches!(action.status.as_str(), "InProgress" | "Succeeded")
}

fn rolled_back(rollback: &DeploymentShown) -> StepShown {
    let done = step("Rolled back", StepState::UnderWay).reached(rollback.completed);
    match rollback.status.as_str() {
        "Failed" | "Stopped" | "ROLLBACK_FAILED" => StepShown {
            state: StepState::Failed,
            ..done
        },
        _ => done,
    }
}

fn checked(action: &ActionShown, release: Option<&DeploymentShown>) -> StepShown {
    let name = "Checked and registered";
    if action.registered.is_some() {
        return step(name, StepState::NotYet).reached(action.registered);
    }
    match (has_failed(action), release, action.taken) {
        (true, None, _) => step(name, StepState::Failed).noted("refused"),
        (false, _, Some(_)) => step(name, StepState::UnderWay),
        (_, _, _) => step(name, StepState::NotYet),
    }
}

fn shown(
    name: &'static str,
    own: &[&str],
    release: Option<&DeploymentShown>,
    share: Option<u32>,
) -> StepShown {
    let mut events = release.into_iter().flat_map(|one| &one.events);
    let found = events.find(|one| own.contains(&one.name.as_str()));
    let Some(found) = found else {
        return step(name, StepState::NotYet);
    };
    let mut shown = step(name, state(found));
    shown.at = whole(found.ended.or(found.started));
    match (shown.state, share) {
        (StepState::UnderWay, Some(share)) if name == TRAFFIC => shown.noted(format!("{share} %")),
        (StepState::Failed, _) if found.status == "Skipped" => shown.noted("stopped"),
        (StepState::NotYet, _) if found.status == "Skipped" => shown.noted("skipped"),
        (_, _) => shown,
    }
}

fn state(event: &EventShown) -> StepState {
    match event.status.as_str() {
        "Succeeded" => StepState::Done,
        "Failed" => StepState::Failed,
        "InProgress" => StepState::UnderWay,
        // An event that had started was interrupted.
        "Skipped" if event.started.is_some() => StepState::Failed,
        _ => StepState::NotYet,
    }
}

fn done(action: &ActionShown, release: Option<&DeploymentShown>) -> StepShown {
    let name = "Done";
    match action.status.as_str() {
        "InProgress" => step(name, StepState::NotYet),
        "Succeeded" => {
            let completed = release.and_then(|one| one.completed);
            let mut done = step(name, StepState::Done);
            done.at = whole(completed);
            done
        }
        other => step(name, StepState::Failed).noted(other.to_lowercase()),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds since the beginning are small and not negative"
)]
fn whole(seconds: Option<f64>) -> Option<u64> {
    seconds.map(|seconds| seconds as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{TrafficShown, WaitShown};

    fn event(name: &str, status: &str, started: Option<f64>) -> EventShown {
        EventShown {
            name: name.into(),
            status: status.into(),
            started,
            ended: started.filter(|_| status != "InProgress"),
            words: None,
        }
    }

    fn view(status: &str, registered: Option<f64>, events: Vec<EventShown>) -> View {
        let deployment = DeploymentShown {
            events,
            ..DeploymentShown::default()
        };
        View {
            actions: vec![ActionShown {
                status: status.into(),
                taken: Some(12.9),
                registered,
                ..ActionShown::default()
            }],
            deployments: registered.map(|_| deployment).into_iter().collect(),
            traffic: Some(TrafficShown {
                green: 40,
                ..TrafficShown::default()
            }),
            ..View::default()
        }
    }

    fn states(view: &View) -> String {
        let sign = |step: &StepShown| match step.state {
            StepState::NotYet => '.',
            StepState::UnderWay => '>',
            StepState::Done => '+',
            StepState::Failed => '!',
        };
        flow(view).iter().map(sign).collect()
    }

    #[test]
    fn a_release_goes_through_its_steps() {
        assert_eq!(states(&view("InProgress", None, Vec::new())), "+>.....");
        let mut events = vec![event("Install", "Succeeded", Some(20.0))];
        events.push(event("AllowTestTraffic", "Succeeded", Some(30.0)));
        events.push(event("AfterAllowTestTraffic", "Skipped", None));
        events.push(event("AllowTraffic", "InProgress", Some(40.0)));
        let half = view("InProgress", Some(15.0), events.clone());
        assert_eq!(states(&half), "++++.>.");
        let steps = flow(&half);
        assert_eq!((steps[0].at, &*steps[4].note), (Some(12), "skipped"));
        assert_eq!(steps[5].note, "40 %");
        events[3] = event("AllowTraffic", "Succeeded", Some(40.0));
        assert_eq!(states(&view("Succeeded", Some(15.0), events)), "++++.++");
    }

    #[test]
    fn where_it_failed_is_seen() {
        let refused = view("Failed", None, Vec::new());
        assert_eq!(states(&refused), "+!....!");
        assert_eq!(flow(&refused)[1].note, "refused");
        let stopped = vec![event("AllowTraffic", "Skipped", Some(40.0))];
        let mut stopped = view("Failed", Some(15.0), stopped);
        stopped.deployments.push(DeploymentShown {
            is_rollback: true,
            completed: Some(60.0),
            ..DeploymentShown::default()
        });
        assert_eq!(states(&stopped), "++...!+!");
        assert_eq!(flow(&stopped)[5].note, "stopped");
        assert_eq!(flow(&View::default()), []);
    }

    #[test]
    fn a_deployment_that_waits_shows_where() {
        let mut ready = view("InProgress", Some(15.0), Vec::new());
        ready.deployments[0].waits = Some(WaitShown::default());
        assert_eq!(flow(&ready)[5].note, "waits to be continued");
    }

    #[test]
    fn a_release_that_ecs_deploys_bakes_after_its_shift() {
        let pending = |name| event(name, "Pending", None);
        let mut events = vec![event("SCALE_UP", "Succeeded", Some(20.0))];
        events.push(event("TEST_TRAFFIC_SHIFT", "Succeeded", Some(30.0)));
        events.push(event("POST_TEST_TRAFFIC_SHIFT", "Succeeded", Some(31.0)));
        events.push(event("PRODUCTION_TRAFFIC_SHIFT", "InProgress", Some(40.0)));
        events.push(pending("BAKE_TIME"));
        let mut half = view("InProgress", Some(15.0), events);
        assert_eq!(states(&half), "+++++>..");
        assert_eq!(flow(&half)[5].note, "40 %");
        // A pause comes before the next step.
        half.deployments[0].waits = Some(WaitShown::default());
        assert_eq!(flow(&half)[5].note, "waits to be continued");
        half.deployments[0].events[3].status = "Succeeded".into();
        assert_eq!(flow(&half)[6].note, "waits to be continued");
        half.deployments[0].waits = None;
        half.deployments[0].events[4] = event("BAKE_TIME", "Failed", Some(60.0));
        half.actions[0].status = "Failed".into();
        half.deployments.push(DeploymentShown {
            is_rollback: true,
            status: "ROLLBACK_FAILED".into(),
            completed: Some(90.0),
            ..DeploymentShown::default()
        });
        assert_eq!(states(&half), "++++++!!!");
    }
}
