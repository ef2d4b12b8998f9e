//! The accepted words of each option with a fixed set of values.

use super::{
    CapacityProviders, CompleteWhen, ContinueWhenReady, OnAbandon, OnTaskFailure, OnTimeout,
    TaskDefinitionSource, WhenBusy,
};

/// An option value that is one of a few words.
pub trait Choice: Copy + PartialEq + 'static {
    /// Each word with its value, the default first.
    const WORDS: &'static [(&'static str, Self)];

    /// The word for this value.
    fn word(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(_, value)| *value == self)
            .map(|(word, _)| *word)
            .expect("every variant has a word; a test goes through them")
    }
}

impl Choice for CompleteWhen {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("DeploymentSucceeded", Self::DeploymentSucceeded),
        ("TrafficShifted", Self::TrafficShifted),
    ];
}

impl Choice for WhenBusy {
    const WORDS: &'static [(&'static str, Self)] = &[("Wait", Self::Wait), ("Fail", Self::Fail)];
}

impl Choice for OnTimeout {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("Leave", Self::Leave),
        ("Stop", Self::Stop),
        ("Rollback", Self::Rollback),
    ];
}

impl Choice for OnAbandon {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("Leave", Self::Leave),
        ("Stop", Self::Stop),
        ("Rollback", Self::Rollback),
    ];
}

impl Choice for OnTaskFailure {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("Wait", Self::Wait),
        ("Stop", Self::Stop),
        ("Rollback", Self::Rollback),
    ];
}

impl Choice for ContinueWhenReady {
    const WORDS: &'static [(&'static str, Self)] =
        &[("Never", Self::Never), ("Always", Self::Always)];
}

impl Choice for TaskDefinitionSource {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("Register", Self::Register),
        ("FromAppSpec", Self::FromAppSpec),
    ];
}

impl Choice for CapacityProviders {
    const WORDS: &'static [(&'static str, Self)] =
        &[("AsAppSpec", Self::AsAppSpec), ("Keep", Self::Keep)];
}

impl Choice for bool {
    const WORDS: &'static [(&'static str, Self)] = &[("false", false), ("true", true)];
}
