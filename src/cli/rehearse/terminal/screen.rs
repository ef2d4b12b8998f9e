//! Draws in place: the story scrolls up as in any shell, and the lines below it
//! are overwritten. No terminal settings are changed, so the terminal stays
//! usable however the program ends.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write};

use super::line::Line;
use crate::cli::may_colour;

/// The rows reserved for the story.
const STORY_ROWS: usize = 4;
/// The size of a terminal that does not report one.
const USUAL: (usize, usize) = (80, 24);

/// A terminal.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli::rehearse) struct Terminal {
    pub(in crate::cli::rehearse) has_colour: bool,
    /// Columns and rows. Queried each time, since windows are resized.
    pub(in crate::cli::rehearse) size: fn() -> (usize, usize),
}

impl Terminal {
    /// The terminal on standard output; `None` if it is something else, or
    /// cannot move its cursor.
    pub(in crate::cli::rehearse) fn of(environment: &BTreeMap<String, String>) -> Option<Self> {
        let name = environment.get("TERM");
        let can_draw = name.is_some_and(|name| !name.is_empty() && name != "dumb");
        (can_draw && io::stdout().is_terminal()).then_some(Self {
            has_colour: may_colour(environment),
            size,
        })
    }

    /// The columns and rows for the lines below the story.
    pub(in crate::cli::rehearse) fn room(self) -> (usize, usize) {
        let (columns, rows) = (self.size)();
        (columns, rows.saturating_sub(STORY_ROWS).max(1))
    }
}

fn size() -> (usize, usize) {
    let size = terminal_size::terminal_size();
    let size = size.map(|(columns, rows)| (usize::from(columns.0), usize::from(rows.0)));
    size.filter(|(columns, rows)| *columns > 0 && *rows > 0)
        .unwrap_or(USUAL)
}

/// The lines that are on the terminal.
pub(in crate::cli::rehearse) struct Screen {
    terminal: Terminal,
    standing: Vec<Line>,
    /// The lines typed below them.
    typed: usize,
}

impl Screen {
    pub(in crate::cli::rehearse) fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            standing: Vec::new(),
            typed: 0,
        }
    }

    pub(in crate::cli::rehearse) fn terminal(&self) -> Terminal {
        self.terminal
    }

    /// Records that Enter was pressed: the cursor is a row lower.
    pub(in crate::cli::rehearse) fn typed(&mut self) {
        self.typed += 1;
    }

    /// Prints new lines of the story, and redraws the lines below it.
    pub(in crate::cli::rehearse) fn draw(
        &mut self,
        out: &mut impl Write,
        story: &[String],
        lines: Vec<Line>,
    ) -> io::Result<()> {
        if story.is_empty() && lines == self.standing && self.typed == 0 {
            return Ok(());
        }
        let mut frame = self.back();
        for line in story {
            frame.push_str(line);
            frame.push_str("\u{1b}[K\n");
        }
        for line in &lines {
            frame.push_str(&line.render(self.terminal.has_colour));
            // Erase the rest of a longer line.
            frame.push_str("\u{1b}[K\n");
        }
        // Erase everything below.
        frame.push_str("\u{1b}[J");
        self.standing = lines;
        self.typed = 0;
        // A single write avoids flicker.
        out.write_all(frame.as_bytes())?;
        out.flush()
    }

    /// Moves the cursor to the first of the lines. If the window has become
    /// narrower, they have been wrapped.
    fn back(&self) -> String {
        let (columns, _) = (self.terminal.size)();
        let rows = self.standing.iter();
        let rows = rows.map(|line| line.width().div_ceil(columns.max(1)).max(1));
        match rows.sum::<usize>() + self.typed {
            0 => String::new(),
            rows => format!("\r\u{1b}[{rows}A"),
        }
    }
}
