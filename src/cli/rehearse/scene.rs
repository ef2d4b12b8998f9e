//! The scenes: what can happen to a release in a rehearsal.

use std::time::Duration;

use clap::ValueEnum;
use simulator::ecs::TaskFailure;

use crate::job::Engine;

/// The scenes that can be played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Scene {
    /// The release succeeds
    #[default]
    FirstRelease,
    /// A canary gets 10 % of the traffic, an alarm fires, and the deployment
    /// rolls back
    CanaryAlarm,
    /// An alarm fires during a linear shift, and the deployment rolls back
    Alarm,
    /// A lifecycle hook fails
    HookFails,
    /// The new tasks keep stopping; none becomes healthy
    Unhealthy,
    /// The new image cannot be pulled; the pipeline shows it while the
    /// deployment still waits
    ImageMissing,
    /// Another deployment is under way; the release waits for its turn
    Busy,
    /// The deployment waits to be continued, and a person continues it
    Ready,
    /// A person stops the deployment, with a rollback
    Stopped,
    /// Another client starts a deployment, which takes the release's place
    Superseded,
    /// A person abandons the pipeline execution; the worker rolls back
    Abandoned,
    /// A policy refuses the release before anything is registered
    PolicyRefusal,
    /// The worker is killed during the release, and another one continues it
    WorkerKilled,
}

/// How a scene changes an ordinary release.
#[derive(Clone, Debug)]
pub(super) struct Script {
    /// One sentence about what is going to happen.
    pub(super) outlook: &'static str,
    /// Whether tasks never become healthy, for which CodeDeploy waits an hour.
    pub(super) is_long: bool,
    /// How the traffic shifts.
    pub(super) shift: Shift,
    /// How long the deployment waits to be continued before traffic shifts.
    pub(super) wait_minutes: Option<u32>,
    /// Why the new tasks fail.
    pub(super) tasks: Option<TaskFailure>,
    /// Whether ECS counts failed tasks. CodeDeploy never does.
    pub(super) has_breaker: bool,
    pub(super) hooks_fail: bool,
    /// Whether another deployment is under way.
    pub(super) is_busy: bool,
    /// Policy terms with controls that are on in addition to the user's.
    pub(super) terms: &'static str,
    /// The action's options.
    pub(super) options: Option<&'static str>,
    /// With real traffic, the new version fails requests, which triggers the
    /// alarm.
    pub(super) breaks: bool,
    pub(super) interference: Option<Interference>,
}

/// The way in which traffic shifts in a scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    /// A tenth each minute.
    Linear,
    /// A tenth, and the rest five minutes later.
    Canary,
}

/// What happens to the release from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interference {
    /// Triggers an alarm when this percentage of the traffic has moved.
    Alarm {
        at: u32,
    },
    Stop,
    /// Continues the deployment a minute after it has begun to wait.
    Continue,
    /// Another client starts a deployment.
    Supersede,
    Abandon,
    KillWorker,
}

impl Script {
    /// The default speed: some seconds, or about a minute with real traffic.
    pub(super) fn speed(&self, has_traffic: bool) -> f64 {
        match (self.is_long, has_traffic) {
            (false, false) => 120.0,
            (false, true) => 15.0,
            (true, false) => 600.0,
            (true, true) => 75.0,
        }
    }
}

impl Scene {
    /// Whether an engine can play it.
    pub(super) fn is_for(self, engine: Engine) -> bool {
        // CodeDeploy refuses a second deployment.
        self != Self::Superseded || engine == Engine::Ecs
    }

    /// The script of the scene.
    pub(super) fn script(self, engine: Engine) -> Script {
        let script = self.neutral_script();
        match (engine, script.tasks) {
            (Engine::CodeDeploy, _) | (Engine::Ecs, None) => script,
            // ECS waits for a day, or until something counts the failures.
            (Engine::Ecs, Some(_)) => Script {
                is_long: false,
                options: (!script.has_breaker).then_some("OnTaskFailure=Rollback"),
                ..script
            },
        }
    }

    fn neutral_script(self) -> Script {
        let ordinary = Script {
            outlook: "Everything goes well.",
            is_long: false,
            shift: Shift::Linear,
            wait_minutes: None,
            tasks: None,
            has_breaker: true,
            hooks_fail: false,
            is_busy: false,
            terms: "",
            options: None,
            breaks: false,
            interference: None,
        };
        match self {
            Self::FirstRelease => ordinary,
            Self::CanaryAlarm => Script {
                outlook: "A tenth of the traffic will move, and an alarm will fire.",
                shift: Shift::Canary,
                breaks: true,
                interference: Some(Interference::Alarm { at: 10 }),
                ..ordinary
            },
            Self::Alarm => Script {
                outlook: "An alarm will fire while traffic moves.",
                breaks: true,
                interference: Some(Interference::Alarm { at: 30 }),
                ..ordinary
            },
            Self::HookFails => Script {
                outlook: "A lifecycle hook will fail.",
                hooks_fail: true,
                ..ordinary
            },
            Self::Unhealthy => Script {
                outlook: "The new tasks will not become healthy.",
                tasks: Some(TaskFailure::Exits { code: 1 }),
                is_long: true,
                ..ordinary
            },
            Self::ImageMissing => Script {
                outlook: "The new image cannot be pulled.",
                tasks: Some(TaskFailure::CannotPullImage),
                has_breaker: false,
                is_long: true,
                ..ordinary
            },
            Self::Busy => Script {
                outlook: "Another deployment is under way.",
                is_busy: true,
                ..ordinary
            },
            Self::Ready => Script {
                outlook: "The deployment will wait to be continued.",
                wait_minutes: Some(30),
                interference: Some(Interference::Continue),
                ..ordinary
            },
            Self::Stopped => Script {
                outlook: "A person will stop the deployment while traffic moves.",
                interference: Some(Interference::Stop),
                ..ordinary
            },
            Self::Superseded => Script {
                outlook: "Another client will start a deployment while traffic moves.",
                interference: Some(Interference::Supersede),
                ..ordinary
            },
            Self::Abandoned => Script {
                outlook: "A person will abandon the pipeline's execution while traffic moves.",
                options: Some("OnAbandon=Rollback"),
                interference: Some(Interference::Abandon),
                ..ordinary
            },
            Self::PolicyRefusal => Script {
                outlook: "A policy will refuse the release.",
                terms: OTHER_REGISTRIES,
                ..ordinary
            },
            Self::WorkerKilled => Script {
                outlook: "The worker will be killed while traffic moves.",
                interference: Some(Interference::KillWorker),
                ..ordinary
            },
        }
    }

    /// Every scene of an engine with a description, one per line.
    pub(super) fn list(engine: Engine) -> String {
        let values = Self::value_variants().iter();
        let values = values.filter(|scene| scene.is_for(engine));
        let values = values.filter_map(ValueEnum::to_possible_value);
        values
            .map(|value| {
                let about = value.get_help().map(ToString::to_string);
                let about = about.unwrap_or_default();
                format!("{:<16} {about}\n", value.get_name())
            })
            .collect()
    }
}

/// A control that refuses every image, because no image of a rehearsal is in
/// this registry.
const OTHER_REGISTRIES: &str = r#"
[controls.allowed-registries]
level = "deny"
registries = ["registry.example.com"]
"#;

/// The time that a failing hook takes.
pub(super) const HOOK_FAILS_AFTER: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Terms;

    #[test]
    fn the_terms_of_every_scene_can_be_read() {
        for scene in Scene::value_variants() {
            let terms: Result<Terms, _> = scene.script(Engine::Ecs).terms.parse();
            assert!(terms.is_ok(), "{scene:?}: {terms:?}");
        }
    }

    #[test]
    fn every_scene_of_an_engine_has_a_line_of_its_own() {
        let count = Scene::value_variants().len();
        for (engine, count) in [(Engine::CodeDeploy, count - 1), (Engine::Ecs, count)] {
            let list = Scene::list(engine);
            assert_eq!(list.lines().count(), count, "{engine}");
            assert!(list.lines().all(|line| line.len() > 30), "{list}");
            assert!(!list.contains("CodeDeploy"), "{list}");
        }
    }

    #[test]
    fn only_ecs_needs_help_with_tasks_that_never_start() {
        let script = |scene: Scene, engine| scene.script(engine).options;
        let rolls_back = Some("OnTaskFailure=Rollback");
        assert_eq!(script(Scene::ImageMissing, Engine::Ecs), rolls_back);
        assert_eq!(script(Scene::ImageMissing, Engine::CodeDeploy), None);
        // The circuit breaker is enough.
        assert_eq!(script(Scene::Unhealthy, Engine::Ecs), None);
    }
}
