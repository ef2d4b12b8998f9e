//! Clients that send requests to the production listener in a loop, and their
//! results.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Uri};
use clock::Clock;
use hdrhistogram::Histogram;
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::balancer::VERSION;
use super::client::{Client, client, uri};
use super::routing_table::Version;

/// Pause between a response and the client's next request.
const PAUSE: Duration = Duration::from_millis(20);
/// Timeout of a request, including the body.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a response that a client reads.
const MAX_ANSWER: usize = 16 << 20;
/// Failures reported with a message; all are counted.
const MAX_PRINTED: usize = 5;
/// Significant digits of the recorded times.
const DIGITS: u8 = 2;

/// Running clients.
pub struct Load {
    counts: Arc<Mutex<Counts>>,
    clients: JoinSet<()>,
    end: CancellationToken,
}

struct Counts {
    /// In microseconds.
    times: Histogram<u64>,
    /// Everything that is not computed from `times`.
    counted: LoadReport,
}

/// Results of the requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    pub clients: usize,
    pub requests: u64,
    /// Requests without a response, and responses with status 400 and above.
    pub failures: u64,
    /// Number of responses from blue and from green.
    pub answered: [u64; 2],
    /// Messages of the first failures.
    pub told: Vec<String>,
    /// Response times, including the body.
    pub median: Duration,
    pub p90: Duration,
    pub p99: Duration,
    pub longest: Duration,
}

impl Load {
    /// Starts this many clients, which request a path at an address.
    pub(super) fn start(clients: usize, (address, path): (SocketAddr, &str)) -> Self {
        let target = uri(address, path);
        let longest = u64::try_from(TIMEOUT.as_micros()).unwrap_or(u64::MAX);
        let times = Histogram::new_with_max(longest, DIGITS);
        let times = times.expect("two digits of half a minute can be kept");
        let counts = Arc::new(Mutex::new(Counts {
            times,
            counted: LoadReport {
                clients,
                ..LoadReport::default()
            },
        }));
        let end = CancellationToken::new();
        let client = client();
        let mut set = JoinSet::new();
        for _ in 0..clients {
            let (client, counts, end) = (client.clone(), Arc::clone(&counts), end.clone());
            let target = target.clone();
            set.spawn(async move {
                while !end.is_cancelled() {
                    let begun = Instant::now();
                    let outcome = ask(&client, target.clone()).await;
                    counts.lock().add(outcome, begun.elapsed());
                    Clock::system().sleep(PAUSE).await;
                }
            });
        }
        Self {
            counts,
            clients: set,
            end,
        }
    }

    /// The results so far.
    #[must_use]
    pub fn report(&self) -> LoadReport {
        self.counts.lock().report()
    }

    /// Stops the clients after their current requests.
    pub(super) async fn stop(mut self) -> LoadReport {
        self.end.cancel();
        while self.clients.join_next().await.is_some() {}
        self.report()
    }
}

/// The version that responded, or an error message.
async fn ask(client: &Client, target: Option<Uri>) -> Result<Option<Version>, String> {
    let target = target.ok_or("the path is not valid")?;
    let whole = async {
        let answer = client
            .get(target)
            .await
            .map_err(|error| error.to_string())?;
        let status = answer.status();
        let version = match answer.headers().get(VERSION).map(HeaderValue::as_bytes) {
            Some(b"blue") => Some(Version::Blue),
            Some(b"green") => Some(Version::Green),
            Some(_) | None => None,
        };
        let body = to_bytes(Body::new(answer.into_body()), MAX_ANSWER).await;
        body.map_err(|error| error.to_string())?;
        if status.is_client_error() || status.is_server_error() {
            let whose = version.map_or("the load balancer", Version::as_str);
            return Err(format!("{} from {whose}", status.as_u16()));
        }
        Ok(version)
    };
    let answer = tokio::time::timeout(TIMEOUT, whole).await;
    answer.unwrap_or_else(|_| Err("no response in time".into()))
}

impl Counts {
    fn add(&mut self, outcome: Result<Option<Version>, String>, after: Duration) {
        let micros = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        self.times.saturating_record(micros);
        let counted = &mut self.counted;
        match outcome {
            Ok(Some(version)) => counted.answered[version.index()] += 1,
            Ok(None) => {}
            Err(words) => {
                counted.failures += 1;
                if counted.told.len() < MAX_PRINTED && !counted.told.contains(&words) {
                    counted.told.push(words);
                }
            }
        }
    }

    fn report(&self) -> LoadReport {
        let at = |quantile| Duration::from_micros(self.times.value_at_quantile(quantile));
        LoadReport {
            requests: self.times.len(),
            median: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            longest: Duration::from_micros(self.times.max()),
            ..self.counted.clone()
        }
    }
}
