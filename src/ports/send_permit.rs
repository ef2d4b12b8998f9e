//! A last check before a request is sent: the lease must still hold. There is
//! much work between a decision and its request, and the process may be paused
//! meanwhile.

use std::sync::Arc;

/// Returns whether requests may still be sent.
pub type SendPermit = Arc<dyn Fn() -> bool + Send + Sync>;

tokio::task_local! {
    static SEND_PERMIT: SendPermit;
}

/// Runs `work`, whose requests are sent only while `send_permit` returns
/// `true`, and the permit under which this is called, if there is one.
pub async fn with_send_permit<T>(send_permit: SendPermit, work: impl Future<Output = T>) -> T {
    let both: SendPermit = match SEND_PERMIT.try_with(Arc::clone) {
        Ok(outer) => Arc::new(move || outer() && send_permit()),
        Err(_) => send_permit,
    };
    SEND_PERMIT.scope(both, work).await
}

/// Whether a request may be sent now. Always `true` outside
/// [`with_send_permit`].
#[must_use]
pub fn has_send_permit() -> bool {
    SEND_PERMIT
        .try_with(|send_permit| send_permit())
        .unwrap_or(true)
}
