//! How a run is seen from outside: its log, its traces, and where it runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::ecs::{self, Container};
use crate::aws::{self, CaBundle, HttpCollector};
use crate::config::Settings;
use crate::telemetry::{self, Exporter, Filter, TraceSettings, trace_settings};

/// How long the last traces may take to be sent. Together with the drain it
/// stays within the ten seconds that a service manager gives.
const LAST_TRACES: Duration = Duration::from_secs(1);

/// What was begun before anything else.
pub(super) struct Seen {
    pub(super) filter: Filter,
    /// The ECS task, where there is one that is known.
    pub(super) container: Option<Container>,
    exporter: Option<Exporter>,
}

impl Seen {
    /// Starts the log, and the traces where OpenTelemetry's variables want
    /// them. What goes wrong with either is told and ends nothing.
    pub(super) async fn start(settings: &Settings, environment: &BTreeMap<String, String>) -> Self {
        let asked = match environment.get(ecs::VARIABLE) {
            Some(url) => Some(ecs::ask(url).await),
            None => None,
        };
        let (container, unknown) = match asked {
            Some(Ok(container)) => (Some(container), None),
            Some(Err(unknown)) => (None, Some(unknown)),
            None => (None, None),
        };
        let place = container.as_ref().map(Container::attributes);
        let (traces, notes) = trace_settings(environment, aws::is_safe, place.unwrap_or_default());
        let fields = container.as_ref().map(Container::fields);
        let url = traces.as_ref().map(TraceSettings::place);
        let (filter, exporter) = telemetry::start(
            &settings.log,
            settings.log_format,
            &fields.unwrap_or_default(),
            traces,
        );
        if let Some(problem) = unknown {
            let variable = ecs::VARIABLE;
            warn!(%problem, variable, "the ECS task is not known; the log goes on without it");
        }
        for note in notes {
            warn!("{note}");
        }
        if let Some(url) = url {
            info!(url, "releases are traced");
        }
        Self {
            filter,
            container,
            exporter,
        }
    }

    /// Sends traces from now on; what is returned is over soon after `end`.
    pub(super) fn send_traces(
        &mut self,
        ca_bundle: Option<&CaBundle>,
        end: CancellationToken,
    ) -> impl Future<Output = ()> + use<> {
        let sending = self.exporter.take().map(|exporter| {
            let collector = Arc::new(HttpCollector::new(ca_bundle));
            tokio::spawn(exporter.send(collector, end))
        });
        async move {
            if let Some(sending) = sending {
                // What is not sent by now is nobody's loss but the trace's.
                let _ = tokio::time::timeout(LAST_TRACES, sending).await;
            }
        }
    }
}
