//! Whether what was called is what the printed IAM policy allows.

use std::collections::BTreeSet;

use bluegreen_worker::job::permissions::CALLS;
use bluegreen_worker::simulator::ledger::Entry;
use bluegreen_worker::simulator::world::World;

/// Calls that need no permission: anybody may ask who they are, and a layer is
/// fetched by an address that was signed for it.
const FREE: [&str; 2] = ["sts:GetCallerIdentity", "ecr:GetLayer"];

/// What was called and is not allowed.
pub(crate) fn forbidden(world: &World) -> BTreeSet<String> {
    let entries = world.ledger.entries();
    let called = entries.map(action);
    called.filter(|action| !is_allowed(action)).collect()
}

fn is_allowed(action: &str) -> bool {
    FREE.contains(&action) || CALLS.iter().any(|call| call.action == action)
}

/// The action that a call needs, as IAM names it.
pub(crate) fn action(entry: &Entry) -> String {
    let operation = match (entry.service.as_str(), entry.operation.as_str()) {
        ("s3", "ListObjectsV2") => "ListBucket",
        ("s3", "HeadObject") => "GetObject",
        (_, operation) => operation,
    };
    format!("{}:{operation}", entry.service)
}
