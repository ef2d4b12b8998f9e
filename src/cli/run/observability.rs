//! Observability of a run: its log, its traces, and the task that it runs in.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::ecs::{self, Container};
use crate::aws::{self, CaBundle, HttpCollector};
use crate::cli::may_colour;
use crate::config::Settings;
use crate::telemetry::{self, Exporter, Filter, TraceSettings, trace_settings};

/// What is started before anything else.
pub(super) struct Observability {
    pub(super) filter: Filter,
    /// The ECS task, if there is one and it is known.
    pub(super) container: Option<Container>,
    exporter: Option<Exporter>,
}

impl Observability {
    /// Starts the log, and the traces if OpenTelemetry's variables configure
    /// them. A failure of either is logged and does not end the process.
    pub(super) async fn start(settings: &Settings, environment: &BTreeMap<String, String>) -> Self {
        let (container, problem) =
            match environment.get(ecs::VARIABLE).filter(|url| !url.is_empty()) {
                Some(url) => match ecs::container(url).await {
                    Ok(container) => (Some(container), None),
                    Err(problem) => (None, Some(problem)),
                },
                None => (None, None),
            };
        let place = container.as_ref().map(Container::attributes);
        let (traces, notes) = trace_settings(environment, aws::is_safe, place.unwrap_or_default());
        let fields = container.as_ref().map(Container::fields);
        let url = traces.as_ref().map(TraceSettings::place);
        let (filter, exporter) = telemetry::start(
            &settings.log,
            settings.log_format,
            may_colour(environment),
            &fields.unwrap_or_default(),
            traces,
        );
        if let Some(problem) = problem {
            let variable = ecs::VARIABLE;
            warn!(%problem, variable, "the ECS task is unknown; continuing without task metadata");
        }
        for note in notes {
            warn!("{note}");
        }
        if let Some(url) = url {
            info!(url, "tracing releases");
        }
        Self {
            filter,
            container,
            exporter,
        }
    }

    /// Starts sending traces. After `end`, the returned future completes when
    /// the last ones have been sent.
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
                let _ = sending.await;
            }
        }
    }
}
