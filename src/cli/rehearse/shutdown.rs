//! When somebody has seen enough: Ctrl-C, a closed terminal, or a signal to
//! end.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end a rehearsal.
const ENOUGH: [fn() -> SignalKind; 3] = [
    SignalKind::interrupt,
    SignalKind::terminate,
    SignalKind::hangup,
];

/// Listens from the beginning: what the rehearsal has started by then is to be
/// ended by it.
pub(super) struct Shutdown([Signal; 3]);

impl Shutdown {
    pub(super) fn listen() -> io::Result<Self> {
        let [interrupt, terminate, hangup] = ENOUGH.map(|kind| signal(kind()));
        Ok(Self([interrupt?, terminate?, hangup?]))
    }

    /// Waits for the next of them.
    pub(super) async fn come(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
