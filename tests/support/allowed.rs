//! Checks that the printed IAM policy allows all calls that were made.

use std::collections::BTreeSet;

use bluegreen_worker::job::permissions::CALLS;
use simulator::ledger::Entry;
use simulator::world::World;

/// Calls that need no permission. Any caller may get its own identity, and a
/// layer is downloaded from a pre-signed URL.
const FREE: [&str; 2] = ["sts:GetCallerIdentity", "ecr:GetLayer"];

/// The actions that were called but are not allowed.
pub(crate) fn forbidden(world: &World) -> BTreeSet<String> {
    let entries = world.ledger.entries();
    let called = entries.map(action);
    called.filter(|action| !is_allowed(action)).collect()
}

fn is_allowed(action: &str) -> bool {
    FREE.contains(&action) || CALLS.iter().any(|call| call.action == action)
}

/// The IAM action that a call needs.
pub(crate) fn action(entry: &Entry) -> String {
    let operation = match (entry.service.as_str(), entry.operation.as_str()) {
        ("s3", "ListObjectsV2") => "ListBucket",
        ("s3", "HeadObject") => "GetObject",
        (_, operation) => operation,
    };
    format!("{}:{operation}", entry.service)
}
