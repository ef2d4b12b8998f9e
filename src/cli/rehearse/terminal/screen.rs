//! Draws in place: the story goes up as it does in any shell, and the lines
//! below it are written over. Nothing of the terminal's settings is touched,
//! so it is left sane however the program ends.

use std::io::{self, IsTerminal as _, Write};

use super::line::Line;

/// Rows that are left to the story.
const STORY_ROWS: usize = 4;
/// What a terminal that does not say has.
const USUAL: (usize, usize) = (80, 24);

/// What there is to draw on.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli::rehearse) struct Terminal {
    pub(in crate::cli::rehearse) has_colour: bool,
    /// Columns and rows, asked for anew each time: windows change.
    pub(in crate::cli::rehearse) size: fn() -> (usize, usize),
}

impl Terminal {
    /// The terminal that standard output is; none where it is something else,
    /// or cannot move its cursor. `variable` is the environment.
    pub(in crate::cli::rehearse) fn of(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let can_draw = variable("TERM").is_some_and(|name| !name.is_empty() && name != "dumb");
        // https://no-color.org: whatever it is set to, unless to nothing.
        let no_colour = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        (can_draw && io::stdout().is_terminal()).then_some(Self {
            has_colour: !no_colour,
            size,
        })
    }

    /// Columns and rows that the lines below the story may take.
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

/// The lines that stand on the terminal.
pub(in crate::cli::rehearse) struct Screen {
    terminal: Terminal,
    standing: Vec<Line>,
    /// Lines that somebody has typed below them.
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

    /// Somebody has pressed Enter: the cursor is a row lower.
    pub(in crate::cli::rehearse) fn typed(&mut self) {
        self.typed += 1;
    }

    /// Tells what is new of the story, and writes the lines below it anew.
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
            // Erases what an earlier, longer line has left there.
            frame.push_str("\u{1b}[K\n");
        }
        // Erases what is left below.
        frame.push_str("\u{1b}[J");
        self.standing = lines;
        self.typed = 0;
        // In one piece, so that nothing flickers.
        out.write_all(frame.as_bytes())?;
        out.flush()
    }

    /// Moves the cursor to where the lines begin. A window that has become
    /// narrower has wrapped them.
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
