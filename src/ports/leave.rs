//! The last question before a request goes out: may it still? Much work lies
//! between a decision and its request, and a process may stand still in it.

use std::sync::Arc;

/// Answers whether requests may still go out.
pub type Leave = Arc<dyn Fn() -> bool + Send + Sync>;

tokio::task_local! {
    static LEAVE: Leave;
}

/// Does `work`, whose requests go out only while `leave` says so.
pub async fn with_leave<T>(leave: Leave, work: impl Future<Output = T>) -> T {
    LEAVE.scope(leave, work).await
}

/// Whether a request may go out now. Work that was begun without asking for
/// leave has it.
#[must_use]
pub fn has_leave() -> bool {
    LEAVE.try_with(|leave| leave()).unwrap_or(true)
}
