//! The command itself: read the bundle, set the stage, show what happens.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::account::{Account, checked};
use super::arguments::Args;
use super::live::Frame;
use super::scene::Scene;
use super::show::Show;
use super::stage::{Stage, StageProblem};
use super::traffic::LivePage;
use super::{checks, ending};
use crate::cli::bundle::{BundleProblem, LocalBundle};
use crate::cli::{Exit, complain};
use crate::config::LogFormat;
use crate::policy::{Child, Gate, SetProblem};
use crate::simulator::codepipeline::{ActionStatus, ActionView};
use crate::telemetry;

/// Why there is no rehearsal.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(
        "{0}\nA bundle is a folder or a zip archive with taskdef.json, appspec.yaml and \
         imageDetail.json, such as examples/webapp in this project's sources."
    )]
    Bundle(#[from] BundleProblem),
    #[error(transparent)]
    Stage(#[from] StageProblem),
    #[error(transparent)]
    Policy(#[from] SetProblem),
    #[error("the page cannot be served: {0}")]
    Page(io::Error),
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
}

pub(in crate::cli) async fn run(args: &Args) -> Exit {
    telemetry::start(&args.log, LogFormat::Text);
    match rehearse(args).await {
        Ok(true) => Exit::Done,
        Ok(false) => Exit::Refused,
        // Whoever closed the pipe has seen enough.
        Err(Problem::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Exit::Unexpected
        }
        Err(problem) => {
            complain(&problem.to_string());
            problem.exit()
        }
    }
}

impl Problem {
    fn exit(&self) -> Exit {
        match self {
            Self::Bundle(_)
            | Self::Policy(_)
            | Self::Page(_)
            | Self::Stage(
                StageProblem::Action(_) | StageProblem::NoSuchHook(_) | StageProblem::Traffic(_),
            ) => Exit::Usage,
            Self::Stage(
                StageProblem::Simulator(_) | StageProblem::Scenery(_) | StageProblem::Journal(_),
            )
            | Self::Output(_) => Exit::Unexpected,
        }
    }
}

/// Whether the action succeeded.
async fn rehearse(args: &Args) -> Result<bool, Problem> {
    if args.list {
        io::stdout().write_all(Scene::list().as_bytes())?;
        return Ok(true);
    }
    let script = args.scene.script();
    let bundle = LocalBundle::read(&args.bundle)?;
    let usual = match args.serve.serve {
        true => script.served_speed,
        false => script.speed,
    };
    let speed = args.speed.unwrap_or(usual);
    let gate = gate(args, script.controls).await?;
    let checked = checked(&bundle).await;
    let account = Account::of(&bundle, checked.as_ref(), args);
    let service = account.scenery.service.clone();
    let page = match args.serve.serve {
        true => Some(LivePage::open(&args.serve).await.map_err(Problem::Page)?),
        false => None,
    };
    let findings = match (&page, &checked) {
        (Some(_), Some(checked)) => checks::findings(&bundle, checked, gate.as_ref()).await,
        (_, _) => Vec::new(),
    };
    let stage = Stage::set(&bundle, account, args, speed, gate).await?;
    let frame = Frame {
        title: format!("Rehearsing {}", args.bundle.display()),
        outlook: script.outlook,
        speed,
        addresses: stage.addresses(),
        service,
        findings,
    };
    let view = play(args, stage, &frame, page).await?;
    Ok(view.is_some_and(|view| view.status == ActionStatus::Succeeded))
}

/// Plays it to its end, or until somebody has seen enough of it.
async fn play(
    args: &Args,
    mut stage: Stage,
    frame: &Frame,
    page: Option<LivePage>,
) -> Result<Option<ActionView>, Problem> {
    let script = args.scene.script();
    let mut show = Show::new(io::stdout(), columns);
    let mut addresses = frame.addresses.clone();
    addresses.extend(page.iter().map(|page| ("Live page", page.url().to_owned())));
    show.opening(&args.bundle, &script, frame.speed, &addresses)?;
    if args.by_hand {
        writeln!(
            show.out,
            "Press Enter to continue the deployment once it waits.\n"
        )?;
    }
    let enough = async {
        // Where signals cannot be had, the default ends the program.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::pin!(enough);
    let entered = by_hand(args);
    let view = loop {
        let seen = stage.look();
        if let Some(page) = &page {
            page.show(frame.view(&seen));
        }
        show.moment(&seen)?;
        stage.interfere(&script, args.by_hand, &seen).await?;
        if seen.is_ready()
            && entered.swap(false, Ordering::AcqRel)
            && let Some(deployment) = seen.deployment()
        {
            stage.proceed(&deployment.info.deployment_id);
        }
        if let Some(view) = seen.ended() {
            break Some(view.clone());
        }
        tokio::select! {
            () = stage.pause() => {}
            () = &mut enough => break None,
        }
    };
    show.wipe()?;
    if let Some(view) = &view {
        ending::pipeline(&mut show.out, view)?;
        if args.serve.stay {
            let load = stage.look().traffic;
            if let Some((shown, load)) = load.as_ref().and_then(|s| Some((s, s.load.as_ref()?))) {
                ending::clients(&mut show.out, shown, load)?;
            }
            writeln!(show.out, "\nEverything stays up until Ctrl-C.")?;
            enough.await;
        }
    }
    let load = stage.close_road().await;
    if let (Some((shown, load)), false) = (&load, args.serve.stay) {
        ending::clients(&mut show.out, shown, load)?;
    }
    stage.strike().await;
    Ok(view)
}

/// Set whenever somebody presses Enter, where that is to be waited for.
fn by_hand(args: &Args) -> Arc<AtomicBool> {
    let entered = Arc::new(AtomicBool::new(false));
    if args.by_hand {
        let entered = Arc::clone(&entered);
        // It ends with the program: nobody can be kept from typing.
        std::thread::spawn(move || {
            for _ in io::stdin().lines().map_while(Result::ok) {
                entered.store(true, Ordering::Release);
            }
        });
    }
    entered
}

/// The gate that the release must pass, where one is asked for.
async fn gate(args: &Args, controls: &str) -> Result<Option<Gate>, SetProblem> {
    let set = args.policies.read_with(controls).await;
    let set = set.map_err(SetProblem)?;
    if set.is_empty() {
        return Ok(None);
    }
    Gate::open(set, Child::default()).map(Some)
}

/// The terminal's width, where standard output is one.
fn columns() -> Option<usize> {
    let terminal = io::stdout().is_terminal();
    let width = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    terminal.then(|| width().unwrap_or(80))
}
