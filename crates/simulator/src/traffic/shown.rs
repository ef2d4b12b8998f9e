//! A snapshot of the traffic, for display.

use jiff::Timestamp;

use super::hooks::HookCall;
use super::load::LoadReport;
use super::meter::{AnsweredByWeight, Span};
use super::routing_table::Version;

/// A snapshot of the traffic.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// Requests in spans of the account's time, oldest first.
    pub spans: Vec<Span>,
    pub by_weight: AnsweredByWeight,
    /// Length of a span in real seconds.
    pub span_seconds: f64,
    /// The tasks' programs.
    pub targets: Vec<ShownTarget>,
    pub hooks: Vec<HookCall>,
    /// Messages about programs that fail, with their times.
    pub remarks: Vec<(Timestamp, String)>,
    /// Results of the clients' requests, if there are clients.
    pub load: Option<LoadReport>,
}

/// A task's program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownTarget {
    pub task: String,
    pub version: Version,
    pub address: String,
    pub in_flight: usize,
}
