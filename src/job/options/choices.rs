//! The words that each option may have for its value.

use super::{
    CapacityProviders, CompleteWhen, ContinueWhenReady, OnAbandon, OnTaskFailure, OnTimeout,
    TaskDefinitionSource, WhenBusy,
};

/// A value that is one of a few words.
pub(super) trait Choice: Copy + PartialEq + 'static {
    /// Every word with what it means, in the order in which they are shown.
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
        ("Rollback", Self::Rollback),
        ("Stop", Self::Stop),
        ("Leave", Self::Leave),
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
        &[("Keep", Self::Keep), ("AsAppSpec", Self::AsAppSpec)];
}

impl Choice for bool {
    const WORDS: &'static [(&'static str, Self)] = &[("true", true), ("false", false)];
}
