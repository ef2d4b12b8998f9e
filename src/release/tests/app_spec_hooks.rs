//! Hooks of an AppSpec that CodeDeploy or Lambda would refuse.

use super::changes;

#[test]
fn hooks_must_be_right() {
    changes(&[
        (
            "AfterInstall",
            "AfterInstal",
            "error appspec.yaml:11:5 Hooks[0].AfterInstal: no hook is called “AfterInstal” → did you mean AfterInstall?",
        ),
        (
            "AfterInstall",
            "Elsewhere",
            "error appspec.yaml:11:5 Hooks[0].Elsewhere: no hook is called “Elsewhere” → write BeforeInstall, AfterInstall, AfterAllowTestTraffic, BeforeAllowTraffic or AfterAllowTraffic",
        ),
        (
            "AfterInstall",
            "AllowTraffic",
            "error appspec.yaml:11:5 Hooks[0].AllowTraffic: CodeDeploy runs no function at “AllowTraffic” → write BeforeInstall, AfterInstall, AfterAllowTestTraffic, BeforeAllowTraffic or AfterAllowTraffic",
        ),
        (
            "smoke-test",
            "smoke test",
            "error appspec.yaml:11:19 Hooks[0].AfterInstall: “smoke test” is not a Lambda function → write the function's name or ARN",
        ),
        (
            "smoke-test",
            "arn:aws:lambda:eu-west-1:1111:function:smoke",
            "error appspec.yaml:11:19 Hooks[0].AfterInstall: “arn:aws:lambda:eu-west-1:1111:function:smoke” is not a Lambda function → write the function's name or ARN",
        ),
        ("smoke-test", "111122223333:function:smoke:live", ""),
        ("smoke-test", "eu-west-1:111122223333:smoke:live", ""),
        (
            "smoke-test",
            "HOOK_NAME",
            "warning appspec.yaml:11:19 Hooks[0].AfterInstall: HOOK_NAME looks like a placeholder that was not replaced; AWS wants a Lambda function here → let the build replace it",
        ),
        (
            "smoke-test",
            "[smoke-test]",
            "error appspec.yaml:11:19 Hooks[0].AfterInstall: the name or ARN of a Lambda function is expected here, and this is a list → check the indentation and the dashes",
        ),
        (
            "smoke-test",
            "smoke-test\n  - AfterInstall: other",
            "warning appspec.yaml:12:19 Hooks[1].AfterInstall: AfterInstall stands here twice, and is sent as it stands → keep one function for each event",
        ),
        (
            "  - AfterInstall: smoke-test",
            "  - AfterInstall",
            "error appspec.yaml:11:5 Hooks[0]: an event with its function is expected here, and this is a string → write an event with its function",
        ),
        (
            "\n  - AfterInstall: smoke-test",
            " smoke-test",
            "error appspec.yaml:10:8 Hooks: a list is expected here, and this is a string → write a list",
        ),
    ]);
}
