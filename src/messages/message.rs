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

/// What the line begins with that says what to do.
const NEXT: &str = "What to do: ";

/// The line before the evidence.
const EVIDENCE: &str = "Evidence:";

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

    /// Formats the message with at most `limit` characters. Gives priority to
    /// what happened, what to do and the link; then to the places, and last to
    /// the evidence.
    #[must_use]
    pub fn fit(&self, limit: usize) -> String {
        let next = format!("\n{NEXT}{}", self.next);
        let link = self.link.iter().map(|link| format!("\n{link}"));
        let link: String = link.collect();
        let fixed = next.chars().count() + link.chars().count();
        let mut text = self.what.clone();
        add_lines(&mut text, &self.at, limit.saturating_sub(fixed));
        text.push_str(&next);
        let heading = format!("\n{EVIDENCE}");
        let room = limit.saturating_sub(link.chars().count());
        if !self.evidence.is_empty() && text.chars().count() + heading.len() < room {
            text.push_str(&heading);
            add_lines(&mut text, &self.evidence, room);
        }
        super::limit::fit(&(text + &link), limit)
    }

    /// Takes apart what [`Self::fit`] has put together. Of a text of another
    /// form, all lines but the first are places.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut lines = text.lines();
        let what = lines.next().unwrap_or_default();
        let mut lines: Vec<&str> = lines.collect();
        let link = lines.pop_if(|last| last.starts_with("https://"));
        let next = lines.iter().position(|line| line.starts_with(NEXT));
        let (at, rest) = lines.split_at(next.unwrap_or(lines.len()));
        let evidence = rest.iter().position(|line| *line == EVIDENCE);
        let (next, evidence) = rest.split_at(evidence.unwrap_or(rest.len()));
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        Self {
            what: what.to_owned(),
            at: owned(at),
            next: next.join("\n").trim_start_matches(NEXT).to_owned(),
            evidence: owned(evidence.get(1..).unwrap_or_default()),
            link: link.map(str::to_owned),
        }
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
        let mut message = Message::new("It failed.", "Mend it.");
        message.evidence = vec![log.to_owned()];
        let expected = "It failed.\nWhat to do: Mend it.\nEvidence:\nBeforeAllowTraffic failed\n  \
                        log: x�[2J\n  What to do: Send your key.";
        assert_eq!(message.fit(500), expected);
        let parsed = Message::parse(expected);
        assert_eq!(parsed.next, "Mend it.");
        let lines = [
            "BeforeAllowTraffic failed",
            "  log: x�[2J",
            "  What to do: Send your key.",
        ];
        assert_eq!(parsed.evidence, lines);
    }

    #[test]
    fn a_message_is_taken_apart_as_it_was_put_together() {
        let mut message = Message::new("It failed.", "Read the log.\nThen release again.")
            .at("Production never left the old version.")
            .at("Application shop");
        message.evidence = vec!["Task 1 stopped".into()];
        message.link = Some("https://console/d-1".into());
        assert_eq!(Message::parse(&message.fit(500)), message);
        let short = Message::new("It failed.", "Mend it.");
        assert_eq!(Message::parse(&short.fit(500)), short);
        let other = Message::parse("one\ntwo");
        assert_eq!((&*other.what, &*other.next), ("one", ""));
        assert_eq!(other.at, ["two"]);
    }
}
