//! Users' own programs and hooks, including failing ones.

use std::net::TcpListener;

use super::play::{QUICK, SERVED, rehearse};

const TIMED_OUT: &str = "type      JobFailed";

fn played(more: &[&str]) -> super::play::Ended {
    let mut words = vec!["--serve"];
    words.extend(SERVED);
    words.extend(QUICK);
    words.extend(more);
    rehearse(&words)
}

#[test]
fn a_hook_that_fails_shows_the_end_of_what_it_printed() {
    let hook = "AfterAllowTestTraffic=yes | head -c 1000000; echo; echo no such page; false";
    let ended = played(&["--hook", hook]).with(1, &[TIMED_OUT, "no such page"]);
    assert!(ended.out.len() < 20_000, "{}", ended.out.len());
}

#[test]
fn a_hook_that_hangs_is_not_waited_for_for_ever() {
    let begun = "AfterAllowTestTraffic=sleep 1000";
    // An hour of the deployment's time, in ten seconds.
    let words = ["--serve", "--speed", "360", "--hook", begun];
    rehearse(&words).with(1, &[TIMED_OUT, "AfterAllowTestTraffic"]);
}

#[test]
fn a_url_without_a_server_fails_the_hook_with_that_reason() {
    let hook = "AfterAllowTestTraffic=http://127.0.0.1:1/check";
    played(&["--hook", hook]).with(1, &[TIMED_OUT, "http://127.0.0.1:1/check"]);
}

#[test]
fn a_program_that_crashes_is_reported_with_its_last_output() {
    let crash = "test $REVISION = 1 || { echo no such module: shop >&2; exit 3; }; \
                 exec python3 -m http.server --bind 127.0.0.1 $PORT";
    let words = [
        "--serve",
        "--speed",
        "400",
        "--load",
        "1",
        "--task-command",
        crash,
    ];
    rehearse(&words).with(1, &[TIMED_OUT, "| no such module: shop", "exit code 3"]);
}

#[test]
fn a_program_that_never_listens_does_not_become_healthy() {
    let deaf = "test $REVISION = 1 || exec sleep 600; \
                exec python3 -m http.server --bind 127.0.0.1 $PORT";
    let words = [
        "--serve",
        "--speed",
        "200",
        "--load",
        "1",
        "--task-command",
        deaf,
    ];
    rehearse(&words).with(1, &[TIMED_OUT, "does not pass its health check"]);
}

#[test]
fn an_old_version_that_does_not_start_is_reported_first() {
    let ended = rehearse(&["--serve", "--task-command", "echo no such shop >&2; exit 3"]);
    assert_eq!((ended.code, ended.out.as_str()), (2, ""));
    for words in ["exited with code 3", "no such shop"] {
        assert!(ended.err.contains(words), "{}", ended.err);
    }
}

#[test]
fn a_program_may_take_its_time_to_come_up() {
    let slow = "sleep 2; exec python3 -m http.server --bind 127.0.0.1 $PORT";
    played(&["--load", "4", "--task-command", slow]).with(0, &[", of which 0 failed"]);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    for flag in ["--production", "--test", "--page"] {
        let ended = rehearse(&["--serve", flag, &address]);
        assert_eq!(ended.code, 2, "{}", ended.out);
        assert!(ended.err.contains(&address), "{}", ended.err);
        assert!(ended.err.contains(flag), "{}", ended.err);
    }
}
