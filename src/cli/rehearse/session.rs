//! Shows a rehearsal from its beginning to its end, and lets a person continue
//! the deployment by hand.

use std::io::{self, Stdout, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use simulator::codepipeline::ActionView;
use simulator::traffic::Shown;

use super::arguments::Args;
use super::ending;
use super::live::{Frame, note_calls};
use super::problem::Problem;
use super::rehearsal::{Rehearsal, RehearsalConfig};
use super::seen::Snapshot;
use super::show::Show;
use super::terminal::Terminal;
use super::traffic::LivePage;
use crate::cli::environment;
use crate::cli::signals::Signals;

/// A rehearsal that is shown.
pub(super) struct Session<'a> {
    frame: &'a Frame<'a>,
    rehearsal: Rehearsal,
    page: Option<LivePage>,
    show: Show<Stdout>,
    enter: EnterKey,
}

impl<'a> Session<'a> {
    /// Shows what is going to happen.
    pub(super) fn open(
        frame: &'a Frame<'a>,
        rehearsal: Rehearsal,
        page: Option<LivePage>,
    ) -> io::Result<Self> {
        let RehearsalConfig {
            args,
            script,
            speed,
        } = frame.config;
        let mut show = Show::new(io::stdout(), terminal(args));
        let mut addresses = frame.addresses.clone();
        addresses.extend(page.as_ref().map(|page| page.address.clone()));
        show.opening(args.subject(frame.engine), script, *speed, &addresses)?;
        if args.by_hand {
            writeln!(
                show.out,
                "Press Enter to continue the deployment once it waits.\n"
            )?;
        }
        Ok(Self {
            frame,
            rehearsal,
            page,
            show,
            enter: EnterKey::watch(args.by_hand),
        })
    }

    /// Runs the rehearsal to its end or until it is interrupted. Returns the
    /// action's final state, if it ended.
    pub(super) async fn run(
        mut self,
        signals: &mut Signals,
    ) -> Result<Option<ActionView>, Problem> {
        let ended = self.follow(signals).await?;
        self.show.wipe()?;
        if ended.is_none() {
            writeln!(self.show.out, "\nThat was before the release's end.")?;
        }
        let are_clients_shown = ended.is_some() && self.frame.config.args.serve.stay;
        let out = &mut self.show.out;
        tokio::select! {
            (shown, states) = close(self.rehearsal) => {
                ending::events(out, &states)?;
                if let (Some(shown), false) = (shown, are_clients_shown) {
                    ending::clients(out, Some(&shown))?;
                }
            }
            // A second signal: whatever still runs ends with this process.
            _ = signals.next() => {}
        }
        Ok(ended)
    }

    async fn follow(&mut self, signals: &mut Signals) -> Result<Option<ActionView>, Problem> {
        let args = self.frame.config.args;
        // Enter also counts before the deployment waits for it.
        let mut is_allowed = false;
        let mut ended = None;
        loop {
            if self.enter.was_pressed() {
                self.show.typed();
                is_allowed = true;
            }
            let seen = self.show_moment()?;
            if ended.is_none() {
                let script = &self.frame.config.script;
                let interfered = self.rehearsal.interfere(script, args.by_hand, &seen);
                interfered.await?;
                if is_allowed
                    && seen.waits_for().is_some()
                    && let Some(deployment) = seen.deployment()
                {
                    is_allowed = false;
                    self.rehearsal.proceed(deployment);
                }
                if let Some(view) = seen.ended() {
                    self.show_end(view, &seen)?;
                    ended = Some(view.clone());
                    if !args.serve.stay {
                        break;
                    }
                }
            }
            tokio::select! {
                () = self.rehearsal.pause() => {}
                _ = signals.next() => break,
            }
        }
        Ok(ended)
    }

    /// Shows the present state in the terminal and on the page.
    fn show_moment(&mut self) -> io::Result<Snapshot> {
        let page = self.page.as_ref();
        let seen = self.rehearsal.look(page.map(|page| page.calls.written()));
        let is_viewed = page.is_some() || self.show.wants_view();
        let view = is_viewed.then(|| self.frame.view(&seen));
        self.show.moment(&seen, view.as_ref())?;
        if let (Some(page), Some(view)) = (page, view) {
            note_calls(&page.calls, &seen);
            page.show(view);
        }
        Ok(seen)
    }

    fn show_end(&mut self, view: &ActionView, seen: &Snapshot) -> io::Result<()> {
        self.show.wipe()?;
        let out = &mut self.show.out;
        ending::pipeline(out, view)?;
        if self.frame.config.args.serve.stay {
            ending::clients(out, seen.traffic.as_ref())?;
            writeln!(out, "\nEverything stays up until Ctrl-C.\n")?;
        }
        Ok(())
    }
}

/// Stops the traffic and the worker, after the clients have their last
/// responses and the event bus its last events.
async fn close(mut rehearsal: Rehearsal) -> (Option<Shown>, Vec<String>) {
    let shown = rehearsal.close_router().await;
    (shown, rehearsal.tear_down().await)
}

/// The terminal to draw on, unless `--plain` is given.
fn terminal(args: &Args) -> Option<Terminal> {
    let environment = environment();
    Terminal::of(&environment).filter(|_| !args.plain)
}

/// Whether Enter was pressed.
struct EnterKey(Arc<AtomicBool>);

impl EnterKey {
    /// Watches the key, if the deployment is continued by hand.
    fn watch(by_hand: bool) -> Self {
        let pressed = Arc::new(AtomicBool::new(false));
        if by_hand {
            let pressed = Arc::clone(&pressed);
            // The thread ends with the process: reading standard input cannot
            // be cancelled.
            std::thread::spawn(move || {
                for _ in io::stdin().lines().map_while(Result::ok) {
                    pressed.store(true, Ordering::Release);
                }
            });
        }
        Self(pressed)
    }

    /// Whether it was pressed since the last call.
    fn was_pressed(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}
