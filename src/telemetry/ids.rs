//! Ids of traces and spans. A release's ids are derived from its key, so that
//! it is one trace even if several workers carry it out.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Sixteen bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TraceId(u128);

/// Eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpanId(u64);

/// A prefix that separates these hashes from others of the same key.
const CONTEXT: &str = "bluegreen-worker release ";

impl TraceId {
    /// The trace of the release with this key.
    pub(super) fn of_release(key: &str) -> Self {
        let (trace, _) = ids_of(key);
        Self(trace)
    }

    /// The last eight bytes.
    pub(super) fn low(self) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "only the lower half is used"
        )]
        let low = self.0 as u64;
        low
    }
}

impl SpanId {
    /// The root span of the release with this key.
    pub(super) fn of_release(key: &str) -> Self {
        let (_, span) = ids_of(key);
        Self(span)
    }

    pub(super) fn random() -> Self {
        Self(fastrand::u64(1..))
    }
}

/// The trace and its root span: the first 16 bytes of the key's hash, and the
/// 8 after them.
fn ids_of(key: &str) -> (u128, u64) {
    let hash: [u8; 32] = Sha256::digest(format!("{CONTEXT}{key}")).into();
    let (&trace, rest) = hash.split_first_chunk().expect("32 bytes");
    let &span = rest.first_chunk().expect("16 bytes");
    // OpenTelemetry treats zero as an invalid id.
    (
        u128::from_be_bytes(trace).max(1),
        u64::from_be_bytes(span).max(1),
    )
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_one_trace_for_ever() {
        let key = "3f2b1c9e-7a55-4f0e-9d1c-2b7c1a9e0d11";
        let trace = TraceId::of_release(key);
        assert_eq!(trace, TraceId::of_release(key));
        assert_ne!(trace, TraceId::of_release("another"));
        assert_eq!(trace.to_string().len(), 32);
        assert_eq!(SpanId::of_release(key).to_string().len(), 16);
        // Fixed, because another version of the worker must continue the same
        // trace.
        assert_eq!(trace.to_string(), "ef4009ba00a6d38ec8486d705cf2d5cd");
    }
}
