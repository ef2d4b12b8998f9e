//! The options whose value is one of a few words.

/// An option value that is one of a few words.
pub trait Choice: Copy + PartialEq + 'static {
    /// Each word with its value, the default first.
    const WORDS: &'static [(&'static str, Self)];

    /// The word for this value.
    fn word(self) -> &'static str {
        let mut words = Self::WORDS.iter();
        let found = words.find(|(_, value)| *value == self);
        found.expect("every value has a word").0
    }
}

impl Choice for bool {
    const WORDS: &'static [(&'static str, Self)] = &[("false", false), ("true", true)];
}

/// Declares choices. The words are the names of the variants, and the first is
/// the default.
macro_rules! choices {
    ($($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $word:ident,)+ })+) => { $(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$meaning])* $word,)+ }

        impl Choice for $name {
            const WORDS: &'static [(&'static str, Self)] = &[$((stringify!($word), Self::$word)),+];
        }

        impl Default for $name {
            fn default() -> Self {
                Self::WORDS[0].1
            }
        }
    )+ };
}

choices! {
    /// When the action is complete.
    CompleteWhen {
        /// The deployment has ended and the old tasks are terminated, as in the
        /// built-in action.
        DeploymentSucceeded,
        /// All traffic goes to the new tasks; the old ones may still be running.
        TrafficShifted,
    }

    /// What to do while another deployment occupies the deployment group.
    WhenBusy {
        Wait,
        Fail,
    }

    /// What to do with the deployment when `Timeout` has passed.
    OnTimeout {
        Leave,
        Stop,
        Rollback,
    }

    /// What to do with the deployment when the pipeline has abandoned the action.
    OnAbandon {
        Leave,
        Stop,
        Rollback,
    }

    /// What to do with the deployment when its new tasks fail repeatedly.
    OnTaskFailure {
        /// CodeDeploy gives up after an hour, ECS after a day.
        Wait,
        Stop,
        Rollback,
    }

    /// What to do when the deployment waits to be continued.
    ContinueWhenReady {
        Never,
        Always,
    }

    /// Where the task definition comes from.
    TaskDefinitionSource {
        /// Render the template and register it as a new revision.
        Register,
        /// Use the registered revision in the AppSpec. Nothing is registered.
        FromAppSpec,
    }

    /// What to do if the AppSpec has no capacity provider strategy.
    CapacityProviders {
        /// Leave it out, as CodeDeploy would.
        AsAppSpec,
        /// Copy the strategy of the running task set.
        Keep,
    }
}
