//! The view at common terminal widths.

use super::line::{self, Ink, Line, flow, story_line};
use super::screen::{Screen, Terminal};
use super::{bar, board};
use crate::cli::failure_shown::failure_shown;
use crate::page::{
    self, ActionShown, AlarmShown, DeploymentShown, EventShown, FindingShown, HookShown, HookState,
    LoadShown, NextShown, SeverityShown, SpanShown, TaskSetShown, TaskShown, TrafficShown, Version,
    View, WaitShown,
};

/// More rows than any view needs.
const TALL: usize = 100;

fn task_set(
    version: Version,
    revision: u32,
    status: &str,
    weight: u32,
    states: &[&str],
) -> TaskSetShown {
    let tasks = states.iter().map(|state| TaskShown {
        id: "0123456789abcdef".into(),
        state: (*state).into(),
        address: Some("http://127.0.0.1:4711".into()),
        in_flight: Some(2),
    });
    TaskSetShown {
        id: "ecs-svc/1".into(),
        version,
        status: status.into(),
        task_definition: format!("webapp:{revision}"),
        target_group: "webapp".into(),
        weight,
        desired: 2,
        tasks: tasks.collect(),
        stopped: 0,
        last_stop: None,
    }
}

fn traffic() -> TrafficShown {
    let spans = [0, 0, 10, 20, 30, 40, 40].iter().zip(0..);
    let spans = spans.map(|(weight, index)| SpanShown {
        begins: index * 60,
        weight: *weight,
        blue: f64::from(100 - *weight),
        green: f64::from(*weight),
        failed: 0.0,
    });
    TrafficShown {
        green: 40,
        spans: spans.collect(),
        load: Some(LoadShown {
            clients: 20,
            requests: 12_345,
            failures: 0,
            blue: 9_000,
            green: 3_345,
            median: 1.0,
            p90: 2.0,
            p99: 5.4,
        }),
    }
}

/// Fills in what follows from the rest.
fn derive(view: &mut View) {
    view.flow = page::flow(view);
    view.state = page::state(view);
}

/// A release during the traffic shift.
fn half_way() -> View {
    let event = |name: &str, status: &str| EventShown {
        name: name.into(),
        status: status.into(),
        started: Some(20.0),
        ended: (status != "InProgress").then_some(30.0),
        words: None,
    };
    let mut view = View {
        now: 250.7,
        speed: Some(15.0),
        actions: vec![ActionShown {
            status: "InProgress".into(),
            percent: Some(46),
            summary: Some("Moving traffic to webapp:2: 40 % of it are there (deployment d-0QZMAH9W3).\n\nWarning: the image has no digest.".into()),
            taken: Some(12.0),
            registered: Some(15.0),
            ..ActionShown::default()
        }],
        deployments: vec![DeploymentShown {
            id: "d-0QZMAH9W3".into(),
            status: "InProgress".into(),
            share: 40.0,
            next: Some(NextShown {
                what: "next step".into(),
                at: 282.0,
            }),
            ends: Some(852.0),
            events: vec![
                event("Install", "Succeeded"),
                event("AllowTestTraffic", "Succeeded"),
                event("AfterAllowTestTraffic", "Succeeded"),
                event("AllowTraffic", "InProgress"),
            ],
            ..DeploymentShown::default()
        }],
        traffic: Some(traffic()),
        task_sets: vec![
            task_set(Version::Blue, 1, "PRIMARY", 60, &["healthy", "healthy"]),
            task_set(Version::Green, 2, "ACTIVE", 40, &["healthy", "initial"]),
        ],
        alarms: vec![AlarmShown {
            name: "webapp-errors".into(),
            about: "x".into(),
            is_on: false,
            since: None,
        }],
        hooks: vec![HookShown {
            event: "AfterAllowTestTraffic".into(),
            called: "./check.sh".into(),
            state: HookState::Succeeded,
            words: None,
        }],
        findings: Some(vec![FindingShown {
            severity: SeverityShown::Warning,
            is_policys: true,
            text: "container web: the root file system can be written to".into(),
        }]),
        ..View::default()
    };
    derive(&mut view);
    view
}

/// The same release after its alarm.
fn failed() -> View {
    let mut view = half_way();
    view.actions[0].status = "Failed".into();
    view.actions[0].percent = None;
    let message = "Deployment d-0QZMAH9W3 was stopped: the alarm webapp-errors went off.\nProduction is back on the old version.";
    view.actions[0].error = Some(("JobFailed".into(), message.into()));
    view.actions[0].failure = Some(failure_shown("JobFailed", message));
    view.deployments[0].events[3].status = "Failed".into();
    view.actions[0].until = Some(245.0);
    view.task_sets[1].stopped = 3;
    view.task_sets[1].last_stop = Some("Essential container in task exited: exit code 1".into());
    view.alarms[0].is_on = true;
    view.alarms[0].since = Some(240.0);
    if let Some(traffic) = &mut view.traffic {
        traffic.green = 0;
        traffic.spans[5].failed = 12.0;
        if let Some(load) = &mut traffic.load {
            load.failures = 77;
        }
    }
    derive(&mut view);
    view
}

/// A release that ECS deploys, in a pause before its next step.
fn paused() -> View {
    let mut view = half_way();
    let deployment = &mut view.deployments[0];
    deployment.id = "demo/webapp/PXYinLaeqNHY0p3JyLlYW".into();
    deployment.status = "IN_PROGRESS".into();
    deployment.ends = None;
    deployment.waits = Some(WaitShown {
        key: Some("Enter".into()),
        command: Some(
            "aws ecs continue-service-deployment --service-deployment-arn \
             arn:aws:ecs:eu-west-1:111122223333:service-deployment/demo/webapp/PXYinLaeqNHY0p3JyLlYW \
             --hook-id 0a1b2c3d"
                .into(),
        ),
    });
    deployment.next = Some(NextShown {
        what: "the deployment rolls back".into(),
        at: 1830.0,
    });
    let stages = [
        "SCALE_UP",
        "TEST_TRAFFIC_SHIFT",
        "POST_TEST_TRAFFIC_SHIFT",
        "PRODUCTION_TRAFFIC_SHIFT",
    ];
    for (event, stage) in deployment.events.iter_mut().zip(stages) {
        event.name = stage.into();
    }
    deployment.events.push(EventShown {
        name: "BAKE_TIME".into(),
        status: "Pending".into(),
        started: None,
        ended: None,
        words: None,
    });
    view.hooks[0].event = "pause".into();
    view.hooks[0].state = HookState::Waits;
    view.actions[0].summary = Some("Ready: waiting to be continued.".into());
    derive(&mut view);
    view
}

fn plain(view: &View, columns: usize, rows: usize) -> String {
    let lines = board(view, columns, rows);
    for line in &lines {
        assert!(line.width() < columns, "{line:?}");
    }
    let lines: Vec<String> = lines.iter().map(|line| line.render(false)).collect();
    lines.join("\n")
}

#[test]
fn everything_is_shown_at_every_width() {
    for columns in [60, 80, 120, 220] {
        let name = format!("half_way_{columns}");
        insta::assert_snapshot!(name, plain(&half_way(), columns, TALL));
    }
    insta::assert_snapshot!("failed_80", plain(&failed(), 80, TALL));
    insta::assert_snapshot!("paused_80", plain(&paused(), 80, TALL));
}

#[test]
fn a_long_text_and_a_long_word_are_wrapped_and_a_cut_one_says_so() {
    let lines: Vec<String> = line::wrapped("a bc abcdefgh i", 4).collect();
    assert_eq!(lines, ["a bc", "abcd", "efgh", "i"]);
    assert_eq!(
        line::wrapped("日本語", 4).collect::<Vec<_>>(),
        ["日本", "語"]
    );
    let mut view = half_way();
    view.actions[0].summary = Some("word ".repeat(200));
    let shown = plain(&view, 80, TALL);
    assert!(shown.ends_with('…'), "{shown}");
}

#[test]
fn what_matters_most_is_kept_where_there_is_little_room() {
    let view = half_way();
    assert!(plain(&view, 80, 10).contains("Pipeline"));
    for rows in 1..20 {
        let shown = plain(&view, 80, rows);
        assert!(shown.lines().count() <= rows, "{rows}: {shown}");
        assert!(shown.contains("46 %"), "{rows}: {shown}");
    }
    // The reason for a rollback is kept longer than its progress.
    assert!(plain(&failed(), 80, 9).contains("✕ webapp-errors"));
    for columns in 1..60 {
        plain(&view, columns, TALL);
    }
}

#[test]
fn colours_only_repeat_what_is_written() {
    let strip = |text: &str| {
        let pieces = text.split('\u{1b}').skip(1);
        let rest: String = pieces
            .filter_map(|piece| piece.split_once('m').map(|(_, t)| t))
            .collect();
        let first = text.split('\u{1b}').next().unwrap_or_default();
        format!("{first}{rest}")
    };
    for line in board(&failed(), 80, TALL) {
        assert_eq!(strip(&line.render(true)), line.render(false));
    }
}

#[test]
fn a_bar_is_as_full_as_it_says() {
    let letters = |green| {
        let bar = bar::shares(green, 10).render(false);
        bar.chars().filter(|letter| *letter == '▒').count()
    };
    assert_eq!([0, 1, 50, 99, 100, 101].map(letters), [0, 1, 5, 9, 10, 10]);
    assert_eq!(bar::progress(101, 4).render(false), "━━━━");
    assert_eq!(bar::progress(50, 4).render(false), "━━╌╌");
    assert_eq!(bar::chart(&[9.0, 0.0, 5.0, 10.0], 10.0, 3), "▁▅█");
    assert_eq!(bar::chart(&[0.0], 0.0, 3), "▁");
}

#[test]
fn no_line_is_wider_than_it_may_be_and_none_moves_the_cursor() {
    let line = |text| Line::new(Ink::Plain, text);
    assert_eq!(
        line("a summary that is cut").fit(10).render(false),
        "a summary…"
    );
    assert_eq!(line("ten columns").fit(11).render(false), "ten columns");
    assert_eq!(line("日本語の要約").fit(6).render(false), "日本…");
    assert_eq!(line("x").fit(0).render(false), "");
    assert_eq!(line("a\u{1b}[2J\nb\tc").render(true), "a [2J b c");
    let pieces = || ["one", "two", "three"].map(line).to_vec();
    assert_eq!(flow("L", pieces(), 40).len(), 1);
    let lines = flow("L", pieces(), 21);
    let lines: Vec<String> = lines.iter().map(|line| line.render(false)).collect();
    assert_eq!(lines, [" L         one  two", "           three"]);
}

#[test]
fn an_end_is_visible_at_a_glance() {
    let coloured = |line| story_line("  0:01", line).render(true).contains("31m");
    assert!(coloured("Deployment d-1 Failed"));
    assert!(!coloured("Deployment d-1 created"));
}

fn terminal(columns: usize) -> Terminal {
    Terminal {
        has_colour: false,
        size: match columns {
            10 => || (10, 24),
            _ => || (80, 24),
        },
    }
}

fn drawn(screen: &mut Screen, story: &[&str], lines: &[&str]) -> String {
    let story: Vec<String> = story.iter().map(|line| (*line).to_owned()).collect();
    let lines = lines.iter().map(|line| Line::new(Ink::Plain, line));
    let mut out = Vec::new();
    screen.draw(&mut out, &story, lines.collect()).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn lines_are_written_over_in_place() {
    let mut screen = Screen::new(terminal(80));
    assert_eq!(
        drawn(&mut screen, &[], &["a", "b"]),
        "a\u{1b}[K\nb\u{1b}[K\n\u{1b}[J"
    );
    assert_eq!(drawn(&mut screen, &[], &["a", "b"]), "");
    let frame = drawn(&mut screen, &["told"], &["c"]);
    assert_eq!(frame, "\r\u{1b}[2Atold\u{1b}[K\nc\u{1b}[K\n\u{1b}[J");
    screen.typed();
    assert_eq!(drawn(&mut screen, &[], &[]), "\r\u{1b}[2A\u{1b}[J");
    assert_eq!(drawn(&mut screen, &[], &[]), "");
}

#[test]
fn a_window_that_became_narrower_has_wrapped_them() {
    let mut screen = Screen::new(terminal(10));
    drawn(&mut screen, &[], &["twenty-one characters", ""]);
    assert!(drawn(&mut screen, &[], &["x"]).starts_with("\r\u{1b}[4A"));
}
