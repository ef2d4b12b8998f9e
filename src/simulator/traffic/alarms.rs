//! CloudWatch alarms on what the load balancer counts.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::account::Account;
use super::meter::{Meter, Span};
use crate::clock::Clock;
use crate::simulator::cloudwatch::AlarmState;

/// The period of every alarm.
const PERIOD: Duration = Duration::from_secs(60);
/// Between two evaluations, in the account's time.
const INTERVAL: Duration = Duration::from_secs(10);
/// What that is kept within in real time.
const REAL_INTERVAL: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// Fewer requests in a period say nothing.
const MIN_REQUESTS: u64 = 5;
/// Errors among a version's answers, in percent, above which an alarm goes off.
const MAX_ERRORS: u64 = 5;
/// The mean time of a version's answers, in real time.
const MAX_TIME: Duration = Duration::from_secs(1);

/// An alarm on the service's traffic.
#[derive(Clone, Copy, Debug)]
pub struct Alarm {
    pub name: &'static str,
    /// What it watches, in words.
    pub about: &'static str,
    is_on: fn(&Span) -> bool,
}

/// All of them; the rehearsed deployment group has them all.
pub const ALARMS: [Alarm; 3] = [
    Alarm {
        name: "webapp-errors",
        about: "more than 5 % of a version's answers are 5XX",
        is_on: has_errors,
    },
    Alarm {
        name: "webapp-unhealthy-hosts",
        about: "requests find no task that answers",
        is_on: has_no_answers,
    },
    Alarm {
        name: "webapp-latency",
        about: "a version takes more than 1 s for an answer on average",
        is_on: is_slow,
    },
];

/// Evaluates every alarm until `end`.
pub(super) async fn watch(account: Account, meter: Meter, end: CancellationToken) {
    let pause = account.real(INTERVAL, REAL_INTERVAL);
    let mut on = [false; ALARMS.len()];
    while !end.is_cancelled() {
        let last = meter.last(account.now(), PERIOD);
        for (alarm, was_on) in ALARMS.iter().zip(&mut on) {
            let is_on = (alarm.is_on)(&last);
            // What somebody sets by hand stands until the traffic says more.
            if is_on != *was_on {
                *was_on = is_on;
                let state = match is_on {
                    true => AlarmState::Alarm,
                    false => AlarmState::Ok,
                };
                account.with(|world| world.set_alarm(alarm.name, state));
            }
        }
        let _ = end.run_until_cancelled(Clock::system().sleep(pause)).await;
    }
}

fn has_errors(last: &Span) -> bool {
    (0..2).any(|version| {
        let (answered, errors) = (last.answered[version], last.errors[version]);
        answered >= MIN_REQUESTS && errors * 100 > answered * MAX_ERRORS
    })
}

/// Tasks that are gone from under requests.
fn has_no_answers(last: &Span) -> bool {
    last.unanswered >= MIN_REQUESTS
}

fn is_slow(last: &Span) -> bool {
    (0..2).any(|version| {
        let answered = u32::try_from(last.answered[version]).unwrap_or(u32::MAX);
        u64::from(answered) >= MIN_REQUESTS && last.time[version] > MAX_TIME * answered
    })
}
