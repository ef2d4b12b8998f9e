//! Counts the load balancer's requests, errors and response times of each
//! version, in spans of the account's time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

use super::routing_table::Version;

/// Length of a span in the account's time, unless [`SHORTEST`] requires more.
const SPAN: Duration = Duration::from_secs(10);
/// The shortest span in real time; a shorter one would contain too few
/// requests.
const SHORTEST: Duration = Duration::from_millis(250);
/// Spans kept: six hours of the account's time.
const MAX_SPANS: usize = 2_160;

/// Counts of one span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// Start of the span, in seconds since the start of the traffic.
    pub begins: u64,
    /// Requests answered by blue and by green.
    pub answered: [u64; 2],
    /// The answered requests with a status of 500 or above.
    pub errors: [u64; 2],
    /// Requests that no task answered: 502, 503 and 504.
    pub unanswered: u64,
    /// Sum of the response times.
    pub time: [Duration; 2],
    /// Green's weight on the production listener at the end of the span, in
    /// percent.
    pub weight: u32,
}

/// Requests answered by blue and by green, by green's weight in percent when
/// their task was chosen.
pub type AnsweredByWeight = BTreeMap<u32, [u64; 2]>;

/// The counts. Clones share them.
#[derive(Clone)]
pub(super) struct Meter(Arc<Mutex<Counts>>);

struct Counts {
    begin: Timestamp,
    span: Duration,
    spans: VecDeque<Span>,
    by_weight: AnsweredByWeight,
}

/// How a request to the production listener ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ended {
    Answered {
        version: Version,
        green_weight: u32,
        is_error: bool,
        after: Duration,
    },
    Unanswered,
}

impl Version {
    pub(super) fn index(self) -> usize {
        match self {
            Self::Blue => 0,
            Self::Green => 1,
        }
    }
}

impl Meter {
    pub(super) fn new(begin: Timestamp, speed: f64) -> Self {
        Self(Arc::new(Mutex::new(Counts {
            begin,
            span: SPAN.max(SHORTEST.mul_f64(speed)),
            spans: VecDeque::new(),
            by_weight: BTreeMap::new(),
        })))
    }

    pub(super) fn count(&self, now: Timestamp, ended: Ended) {
        let mut counts = self.0.lock();
        let span = counts.at(now);
        match ended {
            Ended::Answered {
                version,
                green_weight,
                is_error,
                after,
            } => {
                let index = version.index();
                span.answered[index] += 1;
                span.errors[index] += u64::from(is_error);
                span.time[index] += after;
                counts.by_weight.entry(green_weight).or_default()[index] += 1;
            }
            Ended::Unanswered => span.unanswered += 1,
        }
    }

    /// Records green's current weight.
    pub(super) fn weigh(&self, now: Timestamp, weight: u32) {
        self.0.lock().at(now).weight = weight;
    }

    /// Length of a span.
    pub(super) fn span(&self) -> Duration {
        self.0.lock().span
    }

    pub(super) fn spans(&self) -> Vec<Span> {
        self.0.lock().spans.iter().cloned().collect()
    }

    pub(super) fn by_weight(&self) -> AnsweredByWeight {
        self.0.lock().by_weight.clone()
    }

    /// The sum of all counts of the last `time`, as one span.
    pub(super) fn last(&self, now: Timestamp, time: Duration) -> Span {
        let counts = self.0.lock();
        let since = counts.since_begin(now).saturating_sub(time);
        let recent = counts.spans.iter().rev();
        recent
            .take_while(|span| Duration::from_secs(span.begins) + counts.span > since)
            .fold(Span::default(), Span::with)
    }
}

impl Counts {
    fn since_begin(&self, now: Timestamp) -> Duration {
        Duration::try_from(now - self.begin).unwrap_or_default()
    }

    /// The current span, which is created if needed.
    fn at(&mut self, now: Timestamp) -> &mut Span {
        let width = self.span.as_secs().max(1);
        let begins = self.since_begin(now).as_secs() / width * width;
        let last = self.spans.back();
        if last.is_none_or(|last| last.begins < begins) {
            let weight = last.map_or(0, |last| last.weight);
            if self.spans.len() == MAX_SPANS {
                self.spans.pop_front();
            }
            self.spans.push_back(Span {
                begins,
                weight,
                ..Span::default()
            });
        }
        self.spans.back_mut().expect("one was just added")
    }
}

impl Span {
    fn with(mut self, other: &Self) -> Self {
        for index in 0..2 {
            self.answered[index] += other.answered[index];
            self.errors[index] += other.errors[index];
            self.time[index] += other.time[index];
        }
        self.unanswered += other.unanswered;
        self
    }

    /// All requests in the span.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.answered[0] + self.answered[1] + self.unanswered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(version: Version) -> Ended {
        Ended::Answered {
            version,
            green_weight: 0,
            is_error: false,
            after: Duration::from_millis(5),
        }
    }

    #[test]
    fn spans_follow_the_accounts_time() {
        let begin = Timestamp::UNIX_EPOCH;
        let meter = Meter::new(begin, 1.0);
        meter.count(begin, ok(Version::Blue));
        meter.weigh(begin + Duration::from_secs(12), 10);
        meter.count(begin + Duration::from_secs(35), ok(Version::Green));
        let spans = meter.spans();
        let begins: Vec<u64> = spans.iter().map(|span| span.begins).collect();
        assert_eq!(begins, [0, 10, 30]);
        assert_eq!(spans[2].weight, 10);
        assert_eq!(spans[2].answered, [0, 1]);
    }

    #[test]
    fn an_answer_counts_for_the_weight_by_which_its_task_was_chosen() {
        let begin = Timestamp::UNIX_EPOCH;
        let meter = Meter::new(begin, 1.0);
        let answered = |version, green_weight| Ended::Answered {
            version,
            green_weight,
            is_error: false,
            after: Duration::from_millis(5),
        };
        meter.weigh(begin, 100);
        for (version, weight) in [
            (Version::Blue, 0),
            (Version::Green, 10),
            (Version::Blue, 10),
            (Version::Blue, 0),
        ] {
            meter.count(begin, answered(version, weight));
        }
        let by_weight: Vec<_> = meter.by_weight().into_iter().collect();
        assert_eq!(by_weight, [(0, [2, 0]), (10, [1, 1])]);
    }

    #[test]
    fn the_last_minute_is_summed_up() {
        let begin = Timestamp::UNIX_EPOCH;
        let meter = Meter::new(begin, 1.0);
        for second in 0..120 {
            let now = begin + Duration::from_secs(second);
            meter.count(now, ok(Version::Blue));
            meter.count(now, Ended::Unanswered);
        }
        let now = begin + Duration::from_secs(120);
        let last = meter.last(now, Duration::from_secs(60));
        assert_eq!((last.answered, last.unanswered), ([60, 0], 60));
        assert_eq!(last.requests(), 120);
    }

    #[test]
    fn only_the_last_spans_are_kept() {
        let begin = Timestamp::UNIX_EPOCH;
        let meter = Meter::new(begin, 1.0);
        for span in 0..=MAX_SPANS as u64 {
            meter.count(begin + Duration::from_secs(10 * span), Ended::Unanswered);
        }
        let spans = meter.spans();
        assert_eq!((spans.len(), spans[0].begins), (MAX_SPANS, 10));
    }
}
