//! The five common flows of blue/green deployments, with the commands in the
//! documentation but at a higher speed.

use std::collections::BTreeMap;

use super::play::{QUICK, SERVED, rehearse, rehearse_with};

/// The arguments of the command below `**flow`.
fn documented(flow: &str) -> Vec<&'static str> {
    let text = include_str!("../../../docs/rehearsing.md");
    let (_, flows) = text.split_once("## Five flows to replay").expect("there");
    let (_, flow) = flows.split_once(&format!("**{flow}")).expect("a flow");
    let (_, command) = flow
        .split_once("$ bluegreen-worker rehearse ")
        .expect("a command");
    let (command, _) = command.split_once('\n').expect("a line");
    let words = command.split(' ');
    // The port may be in use on this machine.
    let free = |word| match word {
        "127.0.0.1:8080" => "127.0.0.1:0",
        other => other,
    };
    words.map(free).collect()
}

#[test]
fn a_linear_release_on_fargate_moves_a_tenth_of_the_traffic_at_a_time() {
    let mut words = documented("Linear on Fargate");
    words.extend(SERVED);
    words.extend(["--load", "20"]);
    let ended = rehearse(&words).with(0, &["What 20 clients saw:", ", of which 0 failed"]);
    let shares = shares(&ended.out);
    // On a busy machine a weight may be missed between two reads.
    assert!(shares.keys().all(|weight| weight % 10 == 0), "{shares:?}");
    assert!(shares.len() >= 6, "{shares:?}");
    assert_eq!((shares[&0].0, shares[&100].0), (0, 100), "{shares:?}");
    for (weight, (share, answers)) in &shares {
        // Six times the largest standard deviation of this many random choices.
        let tolerance = 300.0 / f64::from(*answers).sqrt();
        let off = f64::from(weight.abs_diff(*share));
        assert!(off <= tolerance.max(5.0), "{shares:?}");
    }
}

#[test]
fn a_test_listener_shows_the_new_version_before_production_does() {
    let mut words = documented("Test listener first");
    words.extend(SERVED);
    words.extend(QUICK);
    rehearse(&words).with(
        0,
        &[", of which 0 failed", "AfterAllowTestTraffic  Succeeded"],
    );
    // If production traffic has moved already, the same hook fails the release.
    let late = "AfterAllowTraffic=examples/hooks/check.py";
    let hook = words.iter_mut().find(|word| word.starts_with("AfterAllow"));
    *hook.expect("a hook") = late;
    assert_eq!(rehearse(&words).code, 2, "the release has no such hook");
}

#[test]
fn a_version_that_answers_500_sets_off_the_alarm_and_production_is_blue_again() {
    let mut words = documented("500s");
    words.extend(SERVED);
    words.extend(["--load", "8"]);
    rehearse(&words).with(
        1,
        &[
            "type      JobFailed",
            "the alarm webapp-errors went off",
            "webapp-errors",
            "Production is back on the old version",
            "500 from green",
        ],
    );
}

#[test]
fn a_release_to_instances_waits_five_minutes_for_a_hand() {
    let mut words = documented("Container instances");
    words.extend(["--speed", "120", "--termination-wait", "0"]);
    let waits = "waits to be continued";
    rehearse_with(&words, "\n").with(0, &[waits, ", of which 0 failed"]);
    rehearse_with(&words, "")
        .with(1, &[waits, "Stopped"])
        .without(&["of the traffic on the new tasks"]);
}

#[test]
fn twenty_clients_in_a_loop_lose_no_request() {
    let mut words = documented("Continuity");
    words.extend(SERVED);
    let ended = rehearse(&words).with(0, &["What 20 clients saw:", ", of which 0 failed"]);
    let answers = counts(&ended.out, "answers   ");
    assert!(answers.iter().all(|count| *count >= 20), "{answers:?}");

    // Slow responses are waited for, also from tasks that stop.
    words.extend(["--load-path", "/?delay=300"]);
    words.extend(QUICK);
    let ended = rehearse(&words).with(0, &["What 20 clients saw:", ", of which 0 failed"]);
    let answers = counts(&ended.out, "answers   ");
    assert!(answers[0] >= 20, "{answers:?}");
}

/// The numbers in the line with this label.
fn counts(out: &str, label: &str) -> Vec<u64> {
    let mut lines = out
        .lines()
        .filter_map(|line| line.trim().strip_prefix(label));
    let words = lines.next().expect("such a line").split(' ');
    words.filter_map(|word| word.parse().ok()).collect()
}

/// Green's share of the responses at each weight, in percent, and the number of
/// responses.
fn shares(out: &str) -> BTreeMap<u32, (u32, u32)> {
    let number = |text: &str| text.split_whitespace().next().and_then(|n| n.parse().ok());
    let lines = out.lines();
    lines
        .filter_map(|line| {
            let (_, rest) = line.split_once("at a weight of")?;
            let (weight, rest) = rest.split_once("% green gave")?;
            let (share, answers) = rest.split_once("% of ")?;
            Some((number(weight)?, (number(share)?, number(answers)?)))
        })
        .collect()
}
