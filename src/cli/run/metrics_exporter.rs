//! The metrics that a worker exports: types, descriptions and initial values,
//! in one table.

use std::time::Duration;

use clock::Clock;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use super::ecs::Container;

/// The histogram buckets for the duration of a poll, in seconds. A good
/// response takes tenths of a second, and no attempt lasts longer than 15 s.
const POLL_SECONDS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 40.0];

/// The histogram buckets for the time from a job to its deployment: seconds if
/// the group is free, hours if others are ahead.
const DEPLOYMENT_SECONDS: [f64; 10] = [
    2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0,
];

/// The values of the label of `bluegreen_releases_total`: how a release may
/// end.
const ENDS: [&str; 5] = [
    "Succeeded",
    "ConfigurationError",
    "JobFailed",
    "PermissionError",
    "SystemUnavailable",
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// A counter without labels.
    Counter,
    /// A counter with labels, which appears with its first value.
    Labelled,
    Gauge,
    /// Always one; the labels are the information.
    Info,
    /// A histogram of durations, with these bucket bounds.
    Seconds(&'static [f64]),
}

use Kind::{Counter, Gauge, Info, Labelled, Seconds};

/// The name, type and description of every metric; `docs/operating.md` explains
/// each further.
const TABLE: &[(&str, Kind, &str)] = &[
    (
        "bluegreen_polls_total",
        Counter,
        "Polls that CodePipeline answered",
    ),
    (
        "bluegreen_poll_seconds",
        Seconds(&POLL_SECONDS),
        "Response time of CodePipeline to polls",
    ),
    ("bluegreen_jobs_in_progress", Gauge, "Jobs in progress"),
    (
        "bluegreen_draining",
        Gauge,
        "1 while the worker drains, else 0",
    ),
    (
        "bluegreen_ready",
        Gauge,
        "1 while the worker is ready, else 0",
    ),
    (
        "bluegreen_slots_available",
        Gauge,
        "Jobs that could start now",
    ),
    (
        "bluegreen_codepipeline_call_rate",
        Gauge,
        "Current limit of calls per second to CodePipeline",
    ),
    (
        "bluegreen_oldest_job_seconds",
        Gauge,
        "Age of the oldest job in progress",
    ),
    (
        "bluegreen_releases_total",
        Labelled,
        "Completed releases, by result",
    ),
    (
        "bluegreen_deployments_total",
        Counter,
        "Deployments that the worker started to follow",
    ),
    (
        "bluegreen_deployments_in_flight",
        Gauge,
        "Deployments that the worker follows now",
    ),
    (
        "bluegreen_seconds_to_deployment",
        Seconds(&DEPLOYMENT_SECONDS),
        "Time from a release's first job to its deployment",
    ),
    (
        "bluegreen_abandoned_total",
        Labelled,
        "Deployments of abandoned actions, by what the worker did",
    ),
    (
        "bluegreen_policy_findings_total",
        Labelled,
        "Policy findings, by rule",
    ),
    (
        "bluegreen_api_requests_total",
        Labelled,
        "Requests to AWS, each attempt counted, by service, operation and outcome",
    ),
    (
        "bluegreen_api_errors_total",
        Labelled,
        "Calls to AWS that failed after all attempts",
    ),
    (
        "bluegreen_journal_entries",
        Gauge,
        "Unfinished jobs in the journal that belong to this worker",
    ),
    (
        "bluegreen_journal_unreadable_total",
        Counter,
        "Journal entries that could not be read",
    ),
    (
        "bluegreen_jobs_taken_over_total",
        Counter,
        "Jobs of dead workers that this worker took over",
    ),
    (
        "bluegreen_leases_lost_total",
        Counter,
        "How often another worker ended this worker's lease",
    ),
    (
        "bluegreen_leases_ended_total",
        Counter,
        "Dead workers whose lease this worker ended",
    ),
    (
        "bluegreen_events_sent_total",
        Counter,
        "Events that the event bus took",
    ),
    (
        "bluegreen_events_failed_total",
        Counter,
        "Events that were not sent: refused, not taken in time, or too many",
    ),
    (
        "bluegreen_spans_dropped_total",
        Counter,
        "Spans that were not exported",
    ),
    (
        "bluegreen_info",
        Info,
        "What runs: the version, and the ECS task where it is one",
    ),
];

/// Installs the metrics recorder. Metrics that can be zero are initialized to
/// zero: a function that computes increases does not count a counter's first
/// value as one.
pub(super) fn install(container: Option<&Container>) -> Result<PrometheusHandle, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for (name, kind, _) in TABLE {
        if let Seconds(bounds) = kind {
            builder = builder.set_buckets_for_metric(Matcher::Full((*name).to_owned()), bounds)?;
        }
    }
    let handle = builder.install_recorder()?;
    for (name, kind, meaning) in TABLE {
        match kind {
            Counter => {
                describe_counter!(*name, *meaning);
                counter!(*name).increment(0);
            }
            Labelled => describe_counter!(*name, *meaning),
            Info => describe_gauge!(*name, *meaning),
            Gauge => {
                describe_gauge!(*name, *meaning);
                gauge!(*name).set(0.0);
            }
            Seconds(_) => {
                describe_histogram!(*name, *meaning);
                // Registers the histogram without a value.
                drop(histogram!(*name));
            }
        }
    }
    for end in ENDS {
        counter!("bluegreen_releases_total", "end" => end).increment(0);
    }
    let mut labels = vec![("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
    labels.extend(container.into_iter().flat_map(Container::labels));
    gauge!("bluegreen_info", &labels).set(1.0);
    Ok(handle)
}

/// The interval of [`upkeep`]. In it a busy worker records some hundred times.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Puts recorded times into the buckets of their histograms. Otherwise only a
/// request for the metrics would, and without a scraper all would be kept.
pub(super) async fn upkeep(metrics: PrometheusHandle) {
    loop {
        Clock::system().sleep(UPKEEP_INTERVAL).await;
        metrics.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_page_has_every_metric_with_its_type() {
        let page = include_str!("../../../docs/operating.md");
        let rows = page
            .lines()
            .filter(|line| line.starts_with("| `bluegreen_"));
        let rows: BTreeMap<&str, &str> = rows
            .filter_map(|row| Some((row.split(['`', '{']).nth(1)?, row)))
            .collect();
        let names: BTreeMap<&str, Kind> =
            TABLE.iter().map(|(name, kind, _)| (*name, *kind)).collect();
        assert!(rows.keys().eq(names.keys()), "{:?}", rows.keys());
        for (name, kind) in names {
            let row = rows[name];
            let is_histogram = matches!(kind, Seconds(_));
            assert_eq!(row.ends_with("; a histogram |"), is_histogram, "{row}");
            let is_counter = matches!(kind, Counter | Labelled);
            assert_eq!(name.ends_with("_total"), is_counter, "{row}");
            let has_labels = matches!(kind, Labelled | Info);
            assert_eq!(row.contains(&format!("`{name}{{")), has_labels, "{row}");
        }
    }
}
