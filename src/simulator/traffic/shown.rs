//! What can be seen of the traffic at one moment.

use jiff::Timestamp;

use super::hooks::HookCall;
use super::load::LoadReport;
use super::meter::Span;
use super::routing_table::Version;

/// One look at the traffic.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// Requests in spans of the account's time, oldest first.
    pub spans: Vec<Span>,
    /// Real seconds that a span takes.
    pub span_seconds: f64,
    /// The tasks' programs.
    pub targets: Vec<ShownTarget>,
    pub hooks: Vec<HookCall>,
    /// What there is to tell of programs that do not do what they should, each
    /// with its moment.
    pub remarks: Vec<(Timestamp, String)>,
    /// What became of the clients' requests, where there are clients.
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
