//! The signals that end a command in a terminal.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens from its creation on, so that everything that a command has started
/// ends in order.
pub(super) struct Signals([Signal; 3]);

impl Signals {
    /// Listens for Ctrl-C, SIGTERM and a closed terminal.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) -> SignalKind {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => SignalKind::interrupt(),
            _ = terminate.recv() => SignalKind::terminate(),
            _ = hangup.recv() => SignalKind::hangup(),
        }
    }
}
