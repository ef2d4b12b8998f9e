//! Metric labels whose values come from outside. Each value makes a time
//! series, and an artifact may contain any number of rules, so the values are
//! limited.

use std::collections::BTreeSet;

use parking_lot::Mutex;

/// Characters of a label's value: a package and a rule's name.
const MAX_LABEL: usize = 64;

/// Rules that are counted by name; large sets have about a hundred. Later ones
/// are counted together.
const MAX_RULES: usize = 200;

/// The value for all later rules.
const OTHER: &str = "other";

/// The values of one label.
#[derive(Debug)]
pub(super) struct Labels(Mutex<BTreeSet<String>>);

/// The names of rules.
pub(super) static RULES: Labels = Labels::new();

impl Labels {
    const fn new() -> Self {
        Self(Mutex::new(BTreeSet::new()))
    }

    /// The label value for `name`: letters, digits and a few other characters,
    /// cut to the longest label, or [`OTHER`] if there are too many values
    /// already.
    pub(super) fn of(&self, name: &str) -> String {
        let sign = |c: char| match c {
            c if c.is_ascii_alphanumeric() || "._-/ ".contains(c) => c,
            _ => '_',
        };
        let label: String = name.chars().take(MAX_LABEL).map(sign).collect();
        let mut known = self.0.lock();
        if known.contains(&label) {
            return label;
        }
        if known.len() == MAX_RULES {
            return OTHER.to_owned();
        }
        known.insert(label.clone());
        label
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_short_and_plain() {
        let labels = Labels::new();
        assert_eq!(labels.of("main.deny_root"), "main.deny_root");
        assert_eq!(labels.of("a\n\"b\\\u{202e}ä"), "a__b___");
        let whole = "x".repeat(MAX_LABEL);
        assert_eq!(labels.of(&whole), whole);
        assert_eq!(labels.of(&format!("{whole}y")), whole);
    }

    #[test]
    fn further_names_are_counted_together_and_known_ones_stay() {
        let labels = Labels::new();
        let of = |n: usize| labels.of(&format!("rule-{n}"));
        for n in 0..=MAX_RULES {
            of(n);
        }
        assert_eq!(of(MAX_RULES - 1), format!("rule-{}", MAX_RULES - 1));
        assert_eq!(of(MAX_RULES), OTHER);
        assert_eq!(labels.0.lock().len(), MAX_RULES);
    }
}
