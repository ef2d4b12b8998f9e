//! The output of a rehearsal: a line for each event, with its time, and on a
//! terminal the current state below them.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use super::scene::Script;
use super::seen::Snapshot;
use super::story::story;
use super::terminal::{Screen, Terminal, board, story_line};
use crate::job::duration;
use crate::page::{Address, View};

pub(super) struct Show<W> {
    pub(super) out: W,
    /// Present if `out` is a terminal.
    screen: Option<Screen>,
    /// The lines that have been printed.
    printed: BTreeSet<String>,
}

impl<W: Write> Show<W> {
    pub(super) fn new(out: W, terminal: Option<Terminal>) -> Self {
        Self {
            out,
            screen: terminal.map(Screen::new),
            printed: BTreeSet::new(),
        }
    }

    /// Whether it needs the view as well as the story.
    pub(super) fn wants_view(&self) -> bool {
        self.screen.is_some()
    }

    pub(super) fn opening(
        &mut self,
        bundle: &Path,
        script: &Script,
        speed: f64,
        addresses: &[Address],
    ) -> io::Result<()> {
        let (bundle, outlook) = (bundle.display(), script.outlook);
        writeln!(
            self.out,
            "Rehearsing {bundle} on a simulated AWS, {speed} times as fast as real time. {outlook}\n"
        )?;
        for Address { name, url } in addresses {
            writeln!(self.out, "{name:<20} {url}")?;
        }
        if !addresses.is_empty() {
            writeln!(self.out)?;
        }
        self.out.flush()
    }

    /// Prints what is new.
    pub(super) fn moment(&mut self, seen: &Snapshot, view: Option<&View>) -> io::Result<()> {
        let mut new = Vec::new();
        for (at, line) in story(seen) {
            if self.printed.insert(line.clone()) {
                new.push((clock(at), line));
            }
        }
        let Some(screen) = &mut self.screen else {
            for (at, line) in new {
                writeln!(self.out, "{at}  {line}")?;
            }
            return self.out.flush();
        };
        let terminal = screen.terminal();
        let (columns, rows) = terminal.room();
        let new: Vec<String> = new
            .iter()
            .map(|(at, line)| story_line(at, line).render(terminal.has_colour))
            .collect();
        let standing = view.map_or_else(Vec::new, |view| board(view, columns, rows));
        screen.draw(&mut self.out, &new, standing)
    }

    /// Records that Enter was pressed.
    pub(super) fn typed(&mut self) {
        if let Some(screen) = &mut self.screen {
            screen.typed();
        }
    }

    /// Removes the lines below the story.
    pub(super) fn wipe(&mut self) -> io::Result<()> {
        match &mut self.screen {
            Some(screen) => screen.draw(&mut self.out, &[], Vec::new()),
            None => Ok(()),
        }
    }
}

/// The time since the beginning, as on the page.
fn clock(time: Duration) -> String {
    format!("{:>6}", duration::clock(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stand_in_a_column() {
        assert_eq!(clock(Duration::from_millis(9_999)), "  0:09");
        assert_eq!(clock(Duration::from_secs(3_700)), " 61:40");
    }
}
