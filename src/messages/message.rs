//! The three parts of a failure message.

use std::fmt::Write as _;

/// What happened, where, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// One sentence, the first that is read.
    pub what: String,
    /// Files, paths, names, ARNs; one a line.
    pub at: Vec<String>,
    /// What the reader can do about it.
    pub next: String,
}

impl Message {
    /// Starts with what happened and what to do about it.
    pub fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            at: Vec::new(),
            next: next.into(),
        }
    }

    /// Adds a line saying where.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.at.push(place.into());
        self
    }

    /// The message, at most `limit` characters. What happened and what to do
    /// are kept whole as long as they can be; the places in between give way.
    #[must_use]
    pub fn fit(&self, limit: usize) -> String {
        let next = format!("\nWhat to do: {}", self.next);
        let room = limit.saturating_sub(next.chars().count());
        let mut text = self.what.clone();
        for (index, place) in self.at.iter().enumerate() {
            let line = format!("\n{place}");
            let rest = self.at.len() - index;
            let more = format!("\n… and {rest} more");
            let reserved = if rest > 1 { more.chars().count() } else { 0 };
            if text.chars().count() + line.chars().count() + reserved > room {
                let _ = write!(text, "{more}");
                break;
            }
            text.push_str(&line);
        }
        super::limit::fit(&(text + &next), limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_give_way_before_advice_does() {
        let mut words = Message::new("Twelve things are wrong.", "Mend them.");
        for n in 0..12 {
            words = words.at(format!("place {n}"));
        }
        let message = words.fit(100);
        assert!(message.chars().count() <= 100, "{message}");
        assert!(
            message.ends_with("more\nWhat to do: Mend them."),
            "{message}"
        );
        assert!(message.starts_with("Twelve things are wrong.\nplace 0\nplace 1"));
    }
}
