//! The allowed dependencies of each top-level module: other modules, and
//! crates.

/// A top-level module of `src`.
pub(crate) struct Room {
    pub(crate) name: &'static str,
    /// Whether it must do without async, files, clock, environment, processes,
    /// network and threads.
    pub(crate) pure: bool,
    /// The other modules it may use.
    pub(crate) knows: &'static [&'static str],
    pub(crate) crates: Crates,
}

/// The crates in `[dependencies]` that a module may use.
pub(crate) enum Crates {
    Only(&'static [&'static str]),
    /// All except those with these prefixes.
    AllBut(&'static [&'static str]),
}

/// Plain values, parsers, their errors, and secrets that are zeroed on drop.
const PLAIN: &[&str] = &[
    "hex",
    "jiff",
    "jsonc_parser",
    "serde",
    "serde_json",
    "serde_saphyr",
    "sha2",
    "strsim",
    "thiserror",
    "zeroize",
];

/// Paths that make code depend on more than its arguments.
const IMPURE: &[&[&str]] = &[
    &["async"],
    &["await"],
    &["std", "env"],
    &["std", "fs"],
    &["std", "net"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "time", "Instant"],
    &["std", "time", "SystemTime"],
];

/// Whether a pure module may not use `path`.
pub(crate) fn is_impure(path: &[&str]) -> bool {
    IMPURE.iter().any(|start| path.starts_with(start))
}

const fn pure(name: &'static str, knows: &'static [&'static str]) -> Room {
    Room {
        name,
        pure: true,
        knows,
        crates: Crates::Only(PLAIN),
    }
}

const fn room(name: &'static str, knows: &'static [&'static str], crates: Crates) -> Room {
    Room {
        name,
        pure: false,
        knows,
        crates,
    }
}

/// From the bottom to the top: a module knows only those before it. `cli` and
/// `main` connect everything, so they may use all modules.
pub(crate) const ROOMS: &[Room] = &[
    pure("job", &[]),
    pure("release", &["job"]),
    pure("rollout", &["release", "job"]),
    pure("messages", &["rollout", "release", "job"]),
    room(
        "http_server",
        &[],
        Crates::Only(&[
            "axum",
            "clock",
            "hyper",
            "hyper_util",
            "tokio",
            "tokio_util",
            "tracing",
        ]),
    ),
    room("blocking", &[], Crates::Only(&["thiserror", "tokio"])),
    pure("call_rate", &[]),
    room(
        "ports",
        &["rollout", "release", "job"],
        // The permit to send is stored in the tokio task.
        Crates::Only(&["async_trait", "serde_json", "thiserror", "tokio"]),
    ),
    room(
        "aws",
        &["call_rate", "ports", "rollout", "release", "job"],
        Crates::AllBut(&["axum", "clap", "simulator"]),
    ),
    room(
        "artifact",
        &["blocking", "ports", "release", "job"],
        Crates::AllBut(&["aws_", "axum", "clap", "clock", "simulator"]),
    ),
    room(
        "policy",
        &["blocking", "job", "release"],
        Crates::Only(&[
            "aho_corasick",
            "hex",
            "jiff",
            "parking_lot",
            "regex",
            "rego",
            "regorus",
            "rustix",
            "serde",
            "serde_json",
            "serde_saphyr",
            "sha2",
            "thiserror",
            "tokio",
            "toml",
            "tracing",
        ]),
    ),
    room(
        "page",
        &["job"],
        Crates::Only(&["axum", "parking_lot", "serde", "serde_json"]),
    ),
    room(
        "config",
        &["job", "policy", "release", "rollout"],
        Crates::AllBut(&["aws_", "axum", "clock", "simulator"]),
    ),
    room(
        "worker",
        &[
            "artifact",
            "blocking",
            "call_rate",
            "config",
            "http_server",
            "job",
            "messages",
            "policy",
            "ports",
            "release",
            "rollout",
        ],
        Crates::AllBut(&["aws_", "clap", "simulator"]),
    ),
    room(
        "telemetry",
        &["config", "job", "ports"],
        Crates::AllBut(&["aws_", "axum", "clap", "simulator"]),
    ),
    room(
        "cli",
        &[
            "artifact",
            "aws",
            "config",
            "http_server",
            "job",
            "messages",
            "page",
            "policy",
            "ports",
            "release",
            "rollout",
            "telemetry",
            "worker",
        ],
        Crates::AllBut(&[]),
    ),
];
