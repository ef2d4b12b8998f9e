//! The last question before a request goes out: may it still? Much work lies
//! between a decision and its request, and a process may stand still in it.

use std::sync::Arc;

/// Answers whether requests may still go out.
pub type SendPermit = Arc<dyn Fn() -> bool + Send + Sync>;

tokio::task_local! {
    static SEND_PERMIT: SendPermit;
}

/// Does `work`, whose requests go out only while `send_permit` says so.
pub async fn with_send_permit<T>(send_permit: SendPermit, work: impl Future<Output = T>) -> T {
    SEND_PERMIT.scope(send_permit, work).await
}

/// Whether a request may go out now. Work that was begun without asking for
/// leave has it.
#[must_use]
pub fn has_send_permit() -> bool {
    SEND_PERMIT
        .try_with(|send_permit| send_permit())
        .unwrap_or(true)
}
