//! Simulated behaviour of the Lambda functions behind lifecycle hooks.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::hooks::Functions;

use super::deployment::{Deployment, Diagnostics, HookOutput, ScriptError};

/// How long CodeDeploy waits for the status of a hook (docs/aws.md §5.2).
pub(super) const TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Bytes of a function's log that CodeDeploy keeps (docs/aws.md §5.3).
const LOG_TAIL: usize = 4 * 1024;

/// What a function does when CodeDeploy invokes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HookBehaviour {
    /// Reports `Succeeded` after this time.
    Succeeds { after: Duration },
    /// Reports `Failed` after this time.
    Fails {
        after: Duration,
        message: String,
        log_tail: String,
    },
    /// Reports nothing. CodeDeploy waits until a client calls
    /// `PutLifecycleEventHookExecutionStatus` or the hook times out.
    NeverAnswers,
}

impl Default for HookBehaviour {
    fn default() -> Self {
        Self::Succeeds {
            after: Duration::from_secs(3),
        }
    }
}

impl HookBehaviour {
    /// Time from the invocation to the end of the hook.
    pub(super) fn takes(&self) -> Duration {
        match self {
            Self::Succeeds { after } | Self::Fails { after, .. } => *after.min(&TIMEOUT),
            Self::NeverAnswers => TIMEOUT,
        }
    }
}

/// Behaviours of the hook functions for which one was set.
pub(super) type Hooks = Functions<HookBehaviour>;

/// The end of a log, as much as CodeDeploy keeps.
fn tail(log: &str) -> &str {
    let mut start = log.len().saturating_sub(LOG_TAIL);
    while !log.is_char_boundary(start) {
        start += 1;
    }
    &log[start..]
}

impl Deployment {
    /// The failure of the hook of the event with this index, if it failed.
    pub(super) fn hook_failure(&self, index: usize, hooks: &Hooks) -> Option<Diagnostics> {
        let event = &self.events[index];
        let function = self.hook(event.name)?;
        let without_log = |message: String| HookOutput {
            message,
            log: String::new(),
        };
        let (error_code, output) = match (&event.answer, hooks.of(function)) {
            (Some(answer), _) if answer.succeeded => return None,
            (Some(answer), _) => {
                let silent = || without_log("The function reported Failed".into());
                let output = answer.words.clone().unwrap_or_else(silent);
                (ScriptError::ScriptFailed, output)
            }
            (None, behaviour) if behaviour.takes() == TIMEOUT => {
                let message = format!("No answer came within {} seconds", TIMEOUT.as_secs());
                (ScriptError::ScriptTimedOut, without_log(message))
            }
            (
                None,
                HookBehaviour::Fails {
                    message,
                    log_tail: log,
                    ..
                },
            ) => (ScriptError::ScriptFailed, HookOutput { message, log }),
            (None, HookBehaviour::Succeeds { .. } | HookBehaviour::NeverAnswers) => return None,
        };
        Some(Diagnostics {
            error_code,
            script_name: function.to_owned(),
            message: output.message,
            log_tail: tail(&output.log).to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_log_the_last_whole_characters_are_kept() {
        assert_eq!(tail("short"), "short");
        assert_eq!(tail(&"x".repeat(LOG_TAIL)).len(), LOG_TAIL);
        let log = format!("{}x", "é".repeat(LOG_TAIL));
        assert_eq!(tail(&log).len(), LOG_TAIL - 1);
        assert!(tail(&log).ends_with("éx"));
    }
}
