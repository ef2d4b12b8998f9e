//! Options: every word is accepted, every mistake has its message, and printed
//! options parse to the same value.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::job::request::ConfigurationProblem;
use crate::messages::configuration::words;

fn problems(text: &str) -> Vec<String> {
    let problems = Options::parse(text).expect_err("should not parse");
    let problems = problems.into_iter().map(ConfigurationProblem::Option);
    problems
        .map(|problem| words(&problem).to_string())
        .collect()
}

#[test]
fn no_options_are_the_defaults() {
    for text in ["", "  ", ";;", "\n\r\n;"] {
        assert_eq!(Options::parse(text), Ok(Options::default()));
    }
    assert_eq!(Options::default().to_string(), "");
}

#[test]
fn the_reference_has_every_option_and_only_what_is_accepted() {
    for option in &OPTIONS {
        let (name, example, others) = (option.name, option.example, option.other_words());
        if let Some(default) = option.default() {
            let parsed = Options::parse(&format!("{name}={default}"));
            assert_eq!(parsed, Ok(Options::default()), "{name}");
        }
        for other in &others {
            let parsed = Options::parse(&format!("{name}={other}")).expect(name);
            assert_ne!(parsed, Options::default(), "{name}={other}");
        }
        // The message of an unknown word lists all words.
        let listed = problems(&format!("{name}=nothing of the sort\u{7}")).concat();
        assert!(
            others.iter().all(|word| listed.contains(word)),
            "{name}: {listed}"
        );
        assert!(example.starts_with(&format!("{name}=")), "{example}");
        assert_ne!(Options::parse(example), Ok(Options::default()), "{example}");
    }
}

#[test]
fn pairs_may_stand_in_any_layout() {
    let expected = Options {
        complete_when: CompleteWhen::TrafficShifted,
        timeout: Duration::from_secs(1200),
        ..Options::default()
    };
    for text in [
        "CompleteWhen=TrafficShifted;Timeout=20m",
        "Timeout=1200s\nCompleteWhen=TrafficShifted\n",
        " CompleteWhen = TrafficShifted ;\r\n Timeout= 20m;",
    ] {
        assert_eq!(Options::parse(text), Ok(expected.clone()), "{text}");
    }
}

#[test]
fn a_timeout_keeps_its_bounds() {
    for (text, expected) in [
        ("60s", Some(60)),
        ("1m", Some(60)),
        ("24h", Some(86_400)),
        ("86400s", Some(86_400)),
        ("59s", None),
        ("86401s", None),
        ("25h", None),
        ("99999999999999999999h", None),
    ] {
        let parsed = Options::parse(&format!("Timeout={text}"));
        let timeout = parsed.ok().map(|options| options.timeout.as_secs());
        assert_eq!(timeout, expected, "{text}");
    }
}

#[test]
fn every_slip_has_its_words() {
    for (text, expected) in [
        (
            "TimeOut=1h",
            "Options: “TimeOut” is not an option → did you mean Timeout?",
        ),
        (
            "Zebra=1",
            "Options: “Zebra” is not an option → the options are CompleteWhen, WhenBusy, Timeout, OnTimeout, OnAbandon, OnTaskFailure, ContinueWhenReady, DeploymentConfigName, TaskDefinition, CapacityProviders, PinDigest, SkipIfUnchanged and RoleArn",
        ),
        (
            "PinDigest",
            "Options: “PinDigest” has no value → write PinDigest=…",
        ),
        (
            "xyz",
            "Options: “xyz” has no value → write Key=Value, with ; between pairs",
        ),
        (
            "PinDigest=yes",
            "Options: PinDigest cannot be “yes” → it takes false or true",
        ),
        (
            "WhenBusy=wait",
            "Options: WhenBusy cannot be “wait” → did you mean Wait? It takes Wait or Fail",
        ),
        (
            "CompleteWhen=TrafficShift",
            "Options: CompleteWhen cannot be “TrafficShift” → did you mean TrafficShifted? It takes DeploymentSucceeded or TrafficShifted",
        ),
        (
            "Timeout=90",
            "Options: Timeout “90” is not a duration → write a whole number and its unit, such as 90s, 20m or 23h",
        ),
        (
            "Timeout=1.5h",
            "Options: Timeout “1.5h” is not a duration → write a whole number and its unit, such as 90s, 20m or 23h",
        ),
        (
            "Timeout=",
            "Options: Timeout “” is not a duration → write a whole number and its unit, such as 90s, 20m or 23h",
        ),
        (
            "Timeout=5é",
            "Options: Timeout “5é” is not a duration → write a whole number and its unit, such as 90s, 20m or 23h",
        ),
        (
            "Timeout=3d",
            "Options: Timeout “3d” is not a duration → write a whole number and its unit, such as 90s, 20m or 23h",
        ),
        (
            "Timeout=30s",
            "Options: Timeout “30s” is out of range → write a time from 1m to 24h, the time that AWS's guide gives a custom action",
        ),
        (
            "Timeout=1h;Timeout=2h",
            "Options: Timeout is given twice → remove one of the two",
        ),
        (
            "DeploymentConfigName=",
            "Options: DeploymentConfigName “” is not the name of a deployment configuration → write 1 to 100 characters, such as CodeDeployDefault.ECSAllAtOnce",
        ),
        (
            "RoleArn=deployer",
            "Options: RoleArn “deployer” is not the ARN of an IAM role → write it as arn:aws:iam::111122223333:role/name",
        ),
    ] {
        assert_eq!(problems(text), [expected], "{text}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    assert_eq!(problems("A=1;Timeout=x;WhenBusy=;Nonsense").len(), 4);
}

fn any_choice<T: Choice + std::fmt::Debug>() -> impl Strategy<Value = T> {
    let values: Vec<T> = T::WORDS.iter().map(|(_, value)| *value).collect();
    prop::sample::select(values)
}

prop_compose! {
    fn any_options()(
        (complete_when, when_busy, on_timeout, on_abandon) in
            (any_choice(), any_choice(), any_choice(), any_choice()),
        (on_task_failure, continue_when_ready, task_definition, capacity_providers) in
            (any_choice(), any_choice(), any_choice(), any_choice()),
        (pin_digest, skip_if_unchanged) in any::<(bool, bool)>(),
        timeout in 60..=86_400_u64,
        deployment_config in prop::option::of("[A-Za-z0-9._=-]{1,100}"),
        role in prop::option::of("([a-z!:]{1,8}/){0,3}[A-Za-z0-9+=,.@_-]{1,64}"),
    ) -> Options {
        Options {
            complete_when,
            when_busy,
            timeout: Duration::from_secs(timeout),
            on_timeout,
            on_abandon,
            on_task_failure,
            continue_when_ready,
            deployment_config,
            task_definition,
            capacity_providers,
            pin_digest,
            skip_if_unchanged,
            role_arn: role.map(|role| format!("arn:aws:iam::111122223333:role/{role}")),
        }
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again(options in any_options()) {
        prop_assert_eq!(Options::parse(&options.to_string()), Ok(options));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,200}") {
        let _ = Options::parse(&text);
    }
}
