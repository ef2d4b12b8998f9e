//! Signals that end a rehearsal: Ctrl-C, a closed terminal, or SIGTERM.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end a rehearsal.
const ENOUGH: [fn() -> SignalKind; 3] = [
    SignalKind::interrupt,
    SignalKind::terminate,
    SignalKind::hangup,
];

/// Listens from the beginning, so that everything that the rehearsal has
/// started is shut down on a signal.
pub(super) struct Shutdown([Signal; 3]);

impl Shutdown {
    pub(super) fn listen() -> io::Result<Self> {
        let [interrupt, terminate, hangup] = ENOUGH.map(|kind| signal(kind()));
        Ok(Self([interrupt?, terminate?, hangup?]))
    }

    /// Waits for the next signal.
    pub(super) async fn come(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
