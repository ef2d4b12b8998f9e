//! The parts of a failure message.

use std::fmt::Write as _;

/// What happened, where, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What happened, in one sentence at the start of the message.
    pub what: String,
    /// Files, paths, names and ARNs, one per line.
    pub at: Vec<String>,
    /// What the reader can do about it.
    pub next: String,
    /// Evidence, one item per line, most significant first. Lines that do not
    /// fit are left out.
    pub evidence: Vec<String>,
    /// Where to read more.
    pub link: Option<String>,
}

impl Message {
    /// Creates a message from what happened and what to do about it.
    pub fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            at: Vec::new(),
            next: next.into(),
            evidence: Vec::new(),
            link: None,
        }
    }

    /// Adds a line to the places.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.at.push(place.into());
        self
    }

    /// Adds a line of evidence.
    #[must_use]
    pub fn evidence(mut self, line: impl Into<String>) -> Self {
        self.evidence.push(line.into());
        self
    }

    /// Sets the link.
    #[must_use]
    pub fn link(mut self, link: Option<String>) -> Self {
        self.link = link;
        self
    }

    /// Formats the message with at most `limit` characters. Gives priority to
    /// what happened, what to do and the link; then to the places, and last to
    /// the evidence.
    #[must_use]
    pub fn fit(&self, limit: usize) -> String {
        let next = format!("\nWhat to do: {}", self.next);
        let link = self.link.iter().map(|link| format!("\n{link}"));
        let link: String = link.collect();
        let fixed = next.chars().count() + link.chars().count();
        let mut text = self.what.clone();
        add_lines(&mut text, &self.at, limit.saturating_sub(fixed));
        text.push_str(&next);
        let heading = "\nEvidence:";
        let room = limit.saturating_sub(link.chars().count());
        if !self.evidence.is_empty() && text.chars().count() + heading.len() < room {
            text.push_str(heading);
            add_lines(&mut text, &self.evidence, room);
        }
        super::limit::fit(&(text + &link), limit)
    }
}

/// Adds as many lines as fit into `room`, and the number of those left out.
fn add_lines(text: &mut String, lines: &[String], room: usize) {
    for (index, line) in lines.iter().enumerate() {
        // A quoted text may have line breaks. Indent its further lines, so that
        // they cannot pass for lines of the message itself.
        let line = format!("\n{}", line.replace('\n', "\n  "));
        let rest = lines.len() - index;
        let more = format!("\n… and {rest} more");
        let reserved = if rest > 1 { more.chars().count() } else { 0 };
        if text.chars().count() + line.chars().count() + reserved > room {
            let _ = write!(text, "{more}");
            break;
        }
        text.push_str(&line);
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

    #[test]
    fn what_is_quoted_does_not_pass_for_a_line_of_the_message() {
        let log = "BeforeAllowTraffic failed\nlog: x\u{1b}[2J\nWhat to do: Send your key.";
        let message = Message::new("It failed.", "Mend it.").evidence(log);
        let expected = "It failed.\nWhat to do: Mend it.\nEvidence:\nBeforeAllowTraffic failed\n  \
                        log: x�[2J\n  What to do: Send your key.";
        assert_eq!(message.fit(500), expected);
    }
}
