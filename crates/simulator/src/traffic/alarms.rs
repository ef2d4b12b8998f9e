//! CloudWatch alarms on the load balancer's counts.

use std::time::Duration;

use clock::Clock;
use tokio_util::sync::CancellationToken;

use super::meter::Span;
use super::routing_table::Version;
use super::shared::Shared;
use crate::cloudwatch::AlarmState;

/// Evaluation period of every alarm, in the account's time.
const PERIOD: Duration = Duration::from_secs(60);
/// The shortest period in real time; a shorter one would contain too few
/// requests.
const REAL_PERIOD: Duration = Duration::from_secs(4);
/// Time between two evaluations, in the account's time.
const INTERVAL: Duration = Duration::from_secs(10);
/// Range of that interval in real time.
const REAL_INTERVAL: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// With fewer requests in a period an alarm stays off.
const MIN_REQUESTS: u64 = 5;
/// Error rate of a version's responses, in percent, above which an alarm
/// becomes active.
const MAX_ERRORS: u64 = 5;
/// Mean response time of a version, in real time, above which an alarm becomes
/// active.
const MAX_TIME: Duration = Duration::from_secs(1);

/// The watched versions.
const VERSIONS: [Version; 2] = [Version::Blue, Version::Green];

/// An alarm on the service's traffic.
#[derive(Clone, Copy, Debug)]
pub struct Alarm {
    pub name: &'static str,
    /// Description of the condition.
    pub about: &'static str,
    /// Returns the reason if the alarm is active.
    reason: fn(&Span) -> Option<String>,
}

/// All alarms. The rehearsed deployment group uses every one of them.
pub const ALARMS: [Alarm; 3] = [
    Alarm {
        name: "webapp-errors",
        about: "more than 5 % of a version's responses are 5XX",
        reason: has_errors,
    },
    Alarm {
        name: "webapp-unhealthy-hosts",
        about: "requests find no task that responds",
        reason: has_no_responses,
    },
    Alarm {
        name: "webapp-latency",
        about: "a version takes more than 1 s for a response on average",
        reason: is_slow,
    },
];

/// Evaluates every alarm until `end` is cancelled.
pub(super) async fn watch(shared: Shared, end: CancellationToken) {
    let Shared { account, meter, .. } = shared;
    let period = PERIOD.max(REAL_PERIOD.mul_f64(account.speed()));
    let pause = account.real(INTERVAL, REAL_INTERVAL);
    let mut on = [false; ALARMS.len()];
    while !end.is_cancelled() {
        let last = meter.last(account.now(), period);
        for (alarm, was_on) in ALARMS.iter().zip(&mut on) {
            let reason = (alarm.reason)(&last);
            // A state set by hand stays until the evaluation's result changes.
            if reason.is_some() != *was_on {
                *was_on = reason.is_some();
                let (state, reason) = match &reason {
                    Some(reason) => (AlarmState::Alarm, reason.as_str()),
                    None => (AlarmState::Ok, WITHIN),
                };
                account.with(|world| world.set_alarm_because(alarm.name, state, Some(reason)));
            }
        }
        let _ = end.run_until_cancelled(Clock::system().sleep(pause)).await;
    }
}

/// The reason for the OK state.
const WITHIN: &str = "The value is within the threshold";

fn has_errors(last: &Span) -> Option<String> {
    VERSIONS.iter().find_map(|version| {
        let index = version.index();
        let (answered, errors) = (last.answered[index], last.errors[index]);
        let is_on = answered >= MIN_REQUESTS && errors * 100 > answered * MAX_ERRORS;
        let version = version.as_str();
        is_on.then(|| {
            format!(
                "Threshold crossed: {errors} of {answered} recent responses of {version} were 5XX"
            )
        })
    })
}

/// Requests that found no running task.
fn has_no_responses(last: &Span) -> Option<String> {
    let count = last.unanswered;
    (count >= MIN_REQUESTS)
        .then(|| format!("Threshold crossed: {count} recent requests found no task that responds"))
}

fn is_slow(last: &Span) -> Option<String> {
    VERSIONS.iter().find_map(|version| {
        let index = version.index();
        let answered = u32::try_from(last.answered[index]).unwrap_or(u32::MAX);
        let is_on = u64::from(answered) >= MIN_REQUESTS && last.time[index] > MAX_TIME * answered;
        is_on.then(|| {
            let mean = (last.time[index] / answered).as_millis();
            let version = version.as_str();
            format!("Threshold crossed: recent responses of {version} took {mean} ms on average")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(answered: u64, errors: u64, unanswered: u64, time: Duration) -> Span {
        Span {
            answered: [0, answered],
            errors: [0, errors],
            unanswered,
            time: [Duration::ZERO, time],
            ..Span::default()
        }
    }

    #[test]
    fn each_alarm_says_what_has_set_it_off_and_only_beyond_its_threshold() {
        assert_eq!(has_errors(&span(20, 1, 0, Duration::ZERO)), None);
        assert_eq!(has_errors(&span(4, 4, 0, Duration::ZERO)), None);
        let reason = has_errors(&span(20, 2, 0, Duration::ZERO)).expect("it is on");
        assert!(
            reason.contains("2 of 20 recent responses of green"),
            "{reason}"
        );

        assert_eq!(has_no_responses(&span(0, 0, 4, Duration::ZERO)), None);
        let reason = has_no_responses(&span(0, 0, 5, Duration::ZERO)).expect("it is on");
        assert!(reason.contains("5 recent requests"), "{reason}");

        assert_eq!(is_slow(&span(10, 0, 0, Duration::from_secs(10))), None);
        let reason = is_slow(&span(10, 0, 0, Duration::from_secs(15))).expect("it is on");
        assert!(reason.contains("green took 1500 ms"), "{reason}");
    }
}
