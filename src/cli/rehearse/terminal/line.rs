//! A line on the terminal: pieces of text with styles. A line is readable
//! without any colour.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The style of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Soft,
    Strong,
    Blue,
    Green,
    Good,
    Bad,
    Busy,
    Warning,
}

impl Ink {
    /// The parameters of the "select graphic rendition" escape sequence.
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Soft => "2",
            Self::Strong => "1",
            Self::Blue => "94",
            Self::Green | Self::Good => "32",
            Self::Bad => "1;31",
            Self::Busy => "36",
            Self::Warning => "33",
        }
    }
}

/// A line of styled text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli::rehearse) struct Line(Vec<(Ink, String)>);

impl Line {
    pub(super) fn new(ink: Ink, text: &str) -> Self {
        Self::default().and(ink, text)
    }

    /// Appends text. Control characters become spaces, so that nothing can move
    /// the cursor.
    pub(super) fn and(mut self, ink: Ink, text: &str) -> Self {
        let clean = text.chars();
        let clean = clean.map(|sign| if sign.is_control() { ' ' } else { sign });
        self.0.push((ink, clean.collect()));
        self
    }

    pub(super) fn join(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The width in columns.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.width()).sum()
    }

    /// Cuts the line to this many columns; a cut line ends with `…`.
    pub(super) fn fit(self, columns: usize) -> Self {
        if self.width() <= columns {
            return self;
        }
        let mut room = columns.saturating_sub(1);
        let mut cut = Self::default();
        for (ink, text) in self.0 {
            let mut kept = String::new();
            for sign in text.chars() {
                let width = sign.width().unwrap_or(0);
                if width > room {
                    let end = if columns > 0 { "…" } else { "" };
                    return cut.and(ink, &(kept + end));
                }
                room -= width;
                kept.push(sign);
            }
            cut = cut.and(ink, &kept);
        }
        cut
    }

    /// The line as it is written to the terminal.
    pub(in crate::cli::rehearse) fn render(&self, has_colour: bool) -> String {
        let pieces = self.0.iter();
        pieces
            .map(|(ink, text)| match ink.code() {
                "" => text.clone(),
                _ if !has_colour => text.clone(),
                code => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            })
            .collect()
    }
}

/// Puts pieces beside each other, two columns apart, and wraps them. The first
/// line begins with `label`; the others are indented to its text.
pub(super) fn flow(label: &str, pieces: Vec<Line>, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = labelled(label);
    let begin = line.width();
    for piece in pieces {
        let gap = if line.width() > begin { 2 } else { 0 };
        if gap > 0 && line.width() + gap + piece.width() > columns {
            lines.push(line.fit(columns));
            line = labelled("").join(piece);
        } else {
            line = line.and(Ink::Plain, &" ".repeat(gap)).join(piece);
        }
    }
    lines.push(line.fit(columns));
    lines
}

/// Wraps a text between words, and a word that is wider than a line, such as
/// an ARN, within it.
pub(super) fn wrapped(text: &str, columns: usize) -> impl Iterator<Item = String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines().filter(|line| !line.trim().is_empty()) {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.width() + 1 + word.width() > columns {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            for letter in word.chars() {
                if line.width() + letter.width().unwrap_or(0) > columns && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(letter);
            }
        }
        lines.push(line);
    }
    lines.into_iter()
}

/// The label at the beginning of a line.
pub(super) fn labelled(label: &str) -> Line {
    Line::new(Ink::Soft, &format!(" {label:<10}"))
}

/// A line of the story. Its colour shows a result.
pub(in crate::cli::rehearse) fn story_line(at: &str, line: &str) -> Line {
    let ink = match line.rsplit(' ').next() {
        Some("Succeeded" | "SUCCESSFUL") => Ink::Good,
        Some("Failed" | "Stopped" | "STOPPED" | "ROLLBACK_SUCCESSFUL" | "ROLLBACK_FAILED") => {
            Ink::Bad
        }
        Some(_) | None => Ink::Plain,
    };
    Line::new(Ink::Soft, at).and(ink, &format!("  {line}"))
}
