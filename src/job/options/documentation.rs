//! What each option means, for people.

/// One option, as the reference shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionHelp {
    pub name: &'static str,
    /// The value if the option is not set, unless that is something outside the
    /// action.
    pub default: Option<&'static str>,
    /// The other values, if there are only a few.
    pub others: &'static [&'static str],
    /// A pair that parses.
    pub example: &'static str,
    /// In Markdown, with links relative to `docs`.
    pub meaning: &'static str,
}

/// All options, in display order.
pub const OPTIONS: [OptionHelp; 13] = [
    OptionHelp {
        name: "CompleteWhen",
        default: Some("DeploymentSucceeded"),
        others: &["TrafficShifted"],
        example: "CompleteWhen=TrafficShifted",
        meaning: "when the action succeeds: when the deployment has ended and the old tasks are gone, or as soon as all traffic goes to the new tasks",
    },
    OptionHelp {
        name: "WhenBusy",
        default: Some("Wait"),
        others: &["Fail"],
        example: "WhenBusy=Fail",
        meaning: "what to do while another deployment is active in the group or service: wait for its end, or fail the action",
    },
    OptionHelp {
        name: "Timeout",
        default: Some("23h"),
        others: &[],
        example: "Timeout=90m",
        meaning: "the time limit, counted from the release's first job: `60s` to `24h`, in `s`, `m` or `h`",
    },
    OptionHelp {
        name: "OnTimeout",
        default: Some("Leave"),
        others: &["Stop", "Rollback"],
        example: "OnTimeout=Rollback",
        meaning: "what to do with the deployment when the time limit is reached: nothing, stop it, or stop it and roll back",
    },
    OptionHelp {
        name: "OnAbandon",
        default: Some("Leave"),
        others: &["Stop", "Rollback"],
        example: "OnAbandon=Stop",
        meaning: "what to do with the deployment when the pipeline abandons the action: nothing, stop it, or stop it and roll back",
    },
    OptionHelp {
        name: "OnTaskFailure",
        default: Some("Wait"),
        others: &["Stop", "Rollback"],
        example: "OnTaskFailure=Rollback",
        meaning: "what to do with the deployment when its new tasks keep failing: leave it to CodeDeploy, which gives up after an hour, or to ECS, which gives up after a day, stop it, or stop it and roll back; see [New tasks that fail](operating.md#new-tasks-that-fail)",
    },
    OptionHelp {
        name: "ContinueWhenReady",
        default: Some("Never"),
        others: &["Always"],
        example: "ContinueWhenReady=Always",
        meaning: "whether to continue a deployment that the group holds before traffic shifts, or that a pause hook of the service holds",
    },
    OptionHelp {
        name: "DeploymentConfigName",
        default: None,
        others: &[],
        example: "DeploymentConfigName=CodeDeployDefault.ECSAllAtOnce",
        meaning: "the deployment configuration; without it, the group's own. Version 2 refuses it: the strategy is the service's",
    },
    OptionHelp {
        name: "TaskDefinition",
        default: Some("Register"),
        others: &["FromAppSpec"],
        example: "TaskDefinition=FromAppSpec",
        meaning: "where the task definition comes from: the template, which is registered, or the revision that the AppSpec names, and nothing is registered. Version 2 refuses `FromAppSpec`",
    },
    OptionHelp {
        name: "CapacityProviders",
        default: Some("AsAppSpec"),
        others: &["Keep"],
        example: "CapacityProviders=Keep",
        meaning: "what to do if the AppSpec has no capacity provider strategy: leave it out, or copy that of the running tasks. Version 2 refuses `Keep`",
    },
    OptionHelp {
        name: "PinDigest",
        default: Some("false"),
        others: &["true"],
        example: "PinDigest=true",
        meaning: "`true` registers the action's images with the digest that the registry has for their tag, and refuses the release if there is none",
    },
    OptionHelp {
        name: "SkipIfUnchanged",
        default: Some("false"),
        others: &["true"],
        example: "SkipIfUnchanged=true",
        meaning: "`true` succeeds without a deployment if the service already runs this task definition",
    },
    OptionHelp {
        name: "RoleArn",
        default: None,
        others: &[],
        example: "RoleArn=arn:aws:iam::222233334444:role/deploy",
        meaning: "a role to deploy with, from the operator's [`roles`](configuration.md#roles); without it, the worker's own; see [Deploying to another account](migrating.md#deploying-to-another-account)",
    },
];
