//! The promises of the action's configuration and of the continuation token:
//! what is read prints as what it was, and what is not has words.

use std::collections::BTreeMap;

use bluegreen_worker::job::continuation_token::MAX_TOKEN;
use bluegreen_worker::job::options::Options;
use bluegreen_worker::job::report::MAX_MESSAGE;
use bluegreen_worker::job::request::Request;
use bluegreen_worker::messages::failure::message;
use bluegreen_worker::rollout::failure::Failure;
use bluegreen_worker::rollout::token::{TokenProblem, decode, encode};

/// Reads an action's configuration; each line of `data` is a property, its
/// name before the first `=`. `|` stands for a new line in a value.
///
/// # Panics
///
/// When the promise is broken.
pub fn configuration(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut properties: BTreeMap<String, String> = [
        ("ApplicationName", "webapp"),
        ("DeploymentGroupName", "webapp"),
        ("TaskDefinitionTemplateArtifact", "Build"),
        ("AppSpecTemplateArtifact", "Build"),
    ]
    .map(|(key, value)| (key.into(), value.into()))
    .into();
    for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
        properties.insert(key.into(), value.replace('|', "\n"));
    }
    match Request::parse(&properties, &["Build", "Source"]) {
        Ok(request) => {
            let printed = request.options.to_string();
            let options = ("Options".to_owned(), printed);
            properties.extend([options]);
            let again = Request::parse(&properties, &["Build", "Source"]);
            assert_eq!(again.as_ref(), Ok(&request));
            if request.options == Options::default() {
                assert_eq!(properties["Options"], "");
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            assert_short(&Failure::Configuration(problems));
        }
    }
}

/// Reads a continuation token.
///
/// # Panics
///
/// When the promise is broken.
pub fn token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match decode(text) {
        Ok(rollout) => {
            let written = encode(&rollout);
            let again = decode(&written.0).expect("what is written can be read");
            assert_eq!(again.since, rollout.since);
            if text.chars().count() <= MAX_TOKEN / 2 {
                assert_eq!(again, rollout);
            }
        }
        Err(TokenProblem::Newer { unknown }) => assert!(!unknown.is_empty()),
        Err(TokenProblem::Unreadable { detail }) => assert_short(&Failure::BadToken { detail }),
    }
}

fn assert_short(failure: &Failure) {
    assert!(message(failure).chars().count() <= MAX_MESSAGE);
}
