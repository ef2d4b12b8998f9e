//! What a rehearsal looks like: a line for each thing that happens, at the
//! time when it happened, and on a terminal a few lines below them that show
//! how everything stands.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use super::scene::Script;
use super::seen::Seen;
use super::story::story;
use super::terminal;

pub(super) struct Show<W> {
    pub(super) out: W,
    /// Columns of the terminal, where `out` is one.
    columns: fn() -> Option<usize>,
    /// What has been told already.
    told: BTreeSet<String>,
    /// The lines that stand on the terminal below the story.
    standing: Vec<String>,
}

impl<W: Write> Show<W> {
    pub(super) fn new(out: W, columns: fn() -> Option<usize>) -> Self {
        Self {
            out,
            columns,
            told: BTreeSet::new(),
            standing: Vec::new(),
        }
    }

    pub(super) fn opening(
        &mut self,
        bundle: &Path,
        script: &Script,
        speed: f64,
        addresses: &[(&str, String)],
    ) -> io::Result<()> {
        let (bundle, outlook) = (bundle.display(), script.outlook);
        writeln!(
            self.out,
            "Rehearsing {bundle} on a pretend AWS, {speed} times as fast as real time. {outlook}\n"
        )?;
        for (name, url) in addresses {
            writeln!(self.out, "{name:<20} {url}")?;
        }
        if !addresses.is_empty() {
            writeln!(self.out)?;
        }
        self.out.flush()
    }

    /// Tells what is new.
    pub(super) fn moment(&mut self, seen: &Seen) -> io::Result<()> {
        for (at, line) in story(seen) {
            if self.told.insert(line.clone()) {
                self.wipe()?;
                writeln!(self.out, "{}  {line}", clock(at))?;
            }
        }
        let Some(columns) = (self.columns)() else {
            return self.out.flush();
        };
        let lines = terminal::lines(seen, columns);
        if self.standing != lines {
            self.wipe()?;
            write!(self.out, "{}", lines.join("\n"))?;
            self.standing = lines;
        }
        self.out.flush()
    }

    /// Takes the lines below the story away.
    pub(super) fn wipe(&mut self) -> io::Result<()> {
        for index in 0..self.standing.len() {
            if index > 0 {
                // Up to the line before.
                write!(self.out, "\u{1b}[1A")?;
            }
            // Back to the line's beginning, and erase it.
            write!(self.out, "\r\u{1b}[2K")?;
        }
        self.standing.clear();
        Ok(())
    }
}

/// Minutes and seconds.
fn clock(time: Duration) -> String {
    format!("{:>3}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_minutes_and_seconds() {
        assert_eq!(clock(Duration::from_millis(9_999)), "  0:09");
        assert_eq!(clock(Duration::from_secs(3_700)), " 61:40");
    }
}
