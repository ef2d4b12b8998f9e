//! All options. A row has everything about one of them: its documentation, its
//! parser and how it is printed.

use std::fmt;

use super::choices::Choice;
use super::parse::{Pair, choice, deployment_config, role, timeout};
use super::{
    CapacityProviders, CompleteWhen, ContinueWhenReady, OnAbandon, OnTaskFailure, OnTimeout,
    OptionProblem, Options, TaskDefinitionSource, WhenBusy,
};
use crate::job::duration;

/// One option of the action.
pub struct ActionOption {
    pub name: &'static str,
    /// A pair that parses.
    pub example: &'static str,
    /// In Markdown, with links relative to `docs`.
    pub meaning: &'static str,
    /// The accepted words, the default first; empty for other kinds of values.
    words: fn() -> Vec<&'static str>,
    pub(super) read: fn(Pair<'_>, &mut Options) -> Result<(), OptionProblem>,
    /// The value as text; `None` if the option is not set and its default is
    /// outside the action.
    pub(super) print: fn(&Options) -> Option<String>,
}

impl ActionOption {
    /// The value if the option is not set, unless that is something outside the
    /// action.
    #[must_use]
    pub fn default(&self) -> Option<String> {
        (self.print)(&Options::default())
    }

    /// The accepted words other than the default; empty for other kinds of
    /// values.
    #[must_use]
    pub fn other_words(&self) -> Vec<&'static str> {
        (self.words)().into_iter().skip(1).collect()
    }
}

/// The names of all options.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|option| option.name)
}

fn words<T: Choice>() -> Vec<&'static str> {
    T::WORDS.iter().map(|(word, _)| *word).collect()
}

/// An option whose value is one of a few words.
macro_rules! choice {
    ($name:literal, $field:ident: $type:ty, $example:literal, $meaning:literal) => {
        ActionOption {
            name: $name,
            example: $example,
            meaning: $meaning,
            words: words::<$type>,
            read: |pair, options| choice(pair).map(|value| options.$field = value),
            print: |options| Some(options.$field.word().to_owned()),
        }
    };
}

/// All options, in display order.
pub const OPTIONS: [ActionOption; 13] = [
    choice!(
        "CompleteWhen",
        complete_when: CompleteWhen,
        "CompleteWhen=TrafficShifted",
        "when the action succeeds: when the deployment has ended and the old tasks are gone, or as soon as all traffic goes to the new tasks"
    ),
    choice!(
        "WhenBusy",
        when_busy: WhenBusy,
        "WhenBusy=Fail",
        "what to do while another deployment is active in the group or service: wait for its end, or fail the action"
    ),
    ActionOption {
        name: "Timeout",
        example: "Timeout=90m",
        meaning: "the time limit, counted from the release's first job: `60s` to `24h`, in `s`, `m` or `h`",
        words: Vec::new,
        read: |pair, options| timeout(pair).map(|value| options.timeout = value),
        print: |options| Some(duration::compact(options.timeout)),
    },
    choice!(
        "OnTimeout",
        on_timeout: OnTimeout,
        "OnTimeout=Rollback",
        "what to do with the deployment when the time limit is reached: nothing, stop it, or stop it and roll back"
    ),
    choice!(
        "OnAbandon",
        on_abandon: OnAbandon,
        "OnAbandon=Stop",
        "what to do with the deployment when the pipeline abandons the action: nothing, stop it, or stop it and roll back"
    ),
    choice!(
        "OnTaskFailure",
        on_task_failure: OnTaskFailure,
        "OnTaskFailure=Rollback",
        "what to do with the deployment when its new tasks keep failing: leave it to CodeDeploy, which gives up after an hour, or to ECS, which gives up after a day, stop it, or stop it and roll back; see [New tasks that fail](operating.md#new-tasks-that-fail)"
    ),
    choice!(
        "ContinueWhenReady",
        continue_when_ready: ContinueWhenReady,
        "ContinueWhenReady=Always",
        "whether to continue a deployment that the group holds before traffic shifts, or that a pause hook of the service holds"
    ),
    ActionOption {
        name: "DeploymentConfigName",
        example: "DeploymentConfigName=CodeDeployDefault.ECSAllAtOnce",
        meaning: "the deployment configuration; without it, the group's own. Version 2 refuses it: the strategy is the service's",
        words: Vec::new,
        read: |pair, options| {
            deployment_config(pair).map(|value| options.deployment_config = Some(value))
        },
        print: |options| options.deployment_config.clone(),
    },
    choice!(
        "TaskDefinition",
        task_definition: TaskDefinitionSource,
        "TaskDefinition=FromAppSpec",
        "where the task definition comes from: the template, which is registered, or the revision that the AppSpec names, and nothing is registered. Version 2 refuses `FromAppSpec`"
    ),
    choice!(
        "CapacityProviders",
        capacity_providers: CapacityProviders,
        "CapacityProviders=Keep",
        "what to do if the AppSpec has no capacity provider strategy: leave it out, or copy that of the running tasks. Version 2 refuses `Keep`"
    ),
    choice!(
        "PinDigest",
        pin_digest: bool,
        "PinDigest=true",
        "`true` registers the action's images with the digest that the registry has for their tag, and refuses the release if there is none"
    ),
    choice!(
        "SkipIfUnchanged",
        skip_if_unchanged: bool,
        "SkipIfUnchanged=true",
        "`true` succeeds without a deployment if the service already runs this task definition"
    ),
    ActionOption {
        name: "RoleArn",
        example: "RoleArn=arn:aws:iam::222233334444:role/deploy",
        meaning: "a role to deploy with, from the operator's [`roles`](configuration.md#roles); without it, the worker's own; see [Deploying to another account](migrating.md#deploying-to-another-account)",
        words: Vec::new,
        read: |pair, options| role(pair).map(|value| options.role_arn = Some(value)),
        print: |options| options.role_arn.clone(),
    },
];

/// The options that differ from their defaults, as the property's text. Parsing
/// it gives the same options.
impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changed = |option: &ActionOption| {
            let value = (option.print)(self)?;
            (Some(&value) != option.default().as_ref()).then(|| format!("{}={value}", option.name))
        };
        let pairs: Vec<String> = OPTIONS.iter().filter_map(changed).collect();
        f.write_str(&pairs.join(";"))
    }
}
