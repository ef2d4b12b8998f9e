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
        let failure = |error_code, message: String, log: String| Diagnostics {
            error_code,
            script_name: function.to_owned(),
            message,
            log_tail: tail(&log).to_owned(),
        };
        if let Some(answer) = &event.answer {
            let silent = || HookOutput {
                message: "The function reported Failed".into(),
                log: String::new(),
            };
            let words = answer.words.clone().unwrap_or_else(silent);
            return (!answer.succeeded)
                .then(|| failure(ScriptError::ScriptFailed, words.message, words.log));
        }
        let timed_out = || {
            let message = format!("No answer came within {} seconds", TIMEOUT.as_secs());
            failure(ScriptError::ScriptTimedOut, message, String::new())
        };
        match hooks.of(function) {
            HookBehaviour::NeverAnswers => Some(timed_out()),
            HookBehaviour::Succeeds { after } | HookBehaviour::Fails { after, .. }
                if after >= TIMEOUT =>
            {
                Some(timed_out())
            }
            HookBehaviour::Succeeds { .. } => None,
            HookBehaviour::Fails {
                message, log_tail, ..
            } => Some(failure(ScriptError::ScriptFailed, message, log_tail)),
        }
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
