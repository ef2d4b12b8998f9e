//! The command: reads the bundle, sets up the rehearsal, and shows its
//! progress.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use simulator::codepipeline::{ActionStatus, ActionView};
use simulator::traffic::Shown;

use super::account::account;
use super::arguments::{Args, Expected};
use super::bundle::NoRelease;
use super::live::{Frame, note_calls};
use super::rehearsal::{Rehearsal, RehearsalError};
use super::scene::{Scene, Script};
use super::show::Show;
use super::shutdown::Shutdown;
use super::terminal::Terminal;
use super::traffic::LivePage;
use super::{bundle, checks, ending};
use crate::cli::bundle::Rendered;
use crate::cli::lint::assumed_remarks;
use crate::cli::{Exit, check, environment, may_colour, print, print_error};
use crate::config::LogFormat;
use crate::job::Engine;
use crate::policy::{Child, Gate, SetProblem};
use crate::telemetry;

/// Why the rehearsal failed to run.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Bundle(#[from] NoRelease),
    #[error(transparent)]
    Rehearsal(#[from] RehearsalError),
    #[error("this scene does not exist with {engine}; --list --engine {flag} lists its scenes")]
    Scene { engine: Engine, flag: String },
    #[error(transparent)]
    Policy(#[from] SetProblem),
    #[error("the page cannot be at {0}: {1}; --page names another address")]
    Page(SocketAddr, io::Error),
    #[error("cannot handle signals: {0}")]
    Signals(io::Error),
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
}

pub(in crate::cli) async fn run(args: &Args) -> Exit {
    if args.list {
        let engine = args.engine.unwrap_or(Engine::CodeDeploy);
        return print(Scene::list(engine), Exit::Done);
    }
    let has_colour = may_colour(&environment());
    telemetry::start(&args.log, LogFormat::Text, has_colour, &[], None);
    match rehearse(args).await {
        Ok(true) => Exit::Done,
        Ok(false) => Exit::Refused,
        // A closed pipe needs no message.
        Err(Problem::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Exit::Unexpected
        }
        Err(Problem::Bundle(NoRelease::Action(findings))) => print(findings, Exit::Refused),
        Err(problem) => {
            print_error(&problem.to_string());
            problem.exit()
        }
    }
}

impl Problem {
    fn exit(&self) -> Exit {
        match self {
            Self::Bundle(_)
            | Self::Scene { .. }
            | Self::Policy(_)
            | Self::Page(..)
            | Self::Rehearsal(
                RehearsalError::Action(_)
                | RehearsalError::Fixture(_)
                | RehearsalError::NoSuchHook(_)
                | RehearsalError::Traffic { .. },
            ) => Exit::Usage,
            Self::Rehearsal(RehearsalError::Simulator(_) | RehearsalError::Journal(_))
            | Self::Signals(_)
            | Self::Output(_) => Exit::Unexpected,
        }
    }
}

/// Runs the rehearsal. Returns whether the action ended as expected.
async fn rehearse(args: &Args) -> Result<bool, Problem> {
    let mut shutdown = Shutdown::listen().map_err(Problem::Signals)?;
    let wanted = args.action.as_deref();
    let bundle = bundle::read(args.bundle.as_deref(), wanted, args.engine)?;
    let engine = bundle.action.engine;
    if !args.scene.is_for(engine) {
        let flag = engine.to_string().to_lowercase();
        return Err(Problem::Scene { engine, flag });
    }
    for words in bundle.assumptions(None) {
        writeln!(io::stdout(), "note: {words}")?;
    }
    let script = args.scene.script(engine);
    let usual = match args.serve.serve {
        true => script.served_speed,
        false => script.speed,
    };
    let speed = args.speed.unwrap_or(usual);
    let gate = gate(args, script.terms).await?;
    let rendered = Rendered::of(&bundle, None).await;
    let release = rendered.as_ref().ok();
    let account = account(engine, release, &script, args);
    let service = account.service().1.to_owned();
    let page = page(args).await?;
    let findings = match (&page, release) {
        (Some(_), Some(release)) => checks::findings(release, gate.as_ref()).await,
        (_, _) => Vec::new(),
    };
    let set = Rehearsal::set(&bundle, release, account, (args, &script), speed, gate);
    let rehearsal = tokio::select! {
        rehearsal = set => rehearsal,
        () = shutdown.come() => return Ok(false),
    };
    let rehearsal = match (rehearsal, &rendered) {
        // A configuration that no pipeline accepts is reported as by `check`.
        (Err(RehearsalError::Action(_)), Err(problems)) => {
            let mut remarks = bundle::declared_problems(args.bundle.as_deref(), wanted);
            if !check::refused(&remarks) {
                remarks = assumed_remarks(problems, args.subject(engine));
            }
            io::stdout().write_all(check::text(&remarks, false).as_bytes())?;
            return Ok(args.expect == Expected::Failed);
        }
        (rehearsal, _) => rehearsal?,
    };
    let frame = Frame {
        title: format!("Rehearsing {}", args.subject(engine).display()),
        engine,
        by_hand: args.by_hand,
        outlook: script.outlook,
        speed,
        addresses: rehearsal.addresses(),
        service,
        changes: release
            .and_then(|release| release.checked.task_definition.as_ref())
            .map(|body| rehearsal.changes(body)),
        findings,
    };
    let view = play((args, &script), rehearsal, &frame, page, &mut shutdown).await?;
    let expected = match args.expect {
        Expected::Succeeded => ActionStatus::Succeeded,
        Expected::Failed => ActionStatus::Failed,
    };
    Ok(view.is_some_and(|view| view.status == expected))
}

/// The live page, with `--serve`.
async fn page(args: &Args) -> Result<Option<LivePage>, Problem> {
    if !args.serve.serve {
        return Ok(None);
    }
    let page = LivePage::open(&args.serve).await;
    page.map(Some)
        .map_err(|problem| Problem::Page(args.serve.page, problem))
}

/// Runs the rehearsal to its end or until it is interrupted. Returns the
/// action's final state, if it ended.
async fn play(
    (args, script): (&Args, &Script),
    mut rehearsal: Rehearsal,
    frame: &Frame,
    page: Option<LivePage>,
    shutdown: &mut Shutdown,
) -> Result<Option<ActionView>, Problem> {
    let mut show = Show::new(io::stdout(), terminal(args));
    let mut addresses = frame.addresses.clone();
    addresses.extend(page.iter().map(|page| ("Live page", page.url().to_owned())));
    show.opening(args.subject(frame.engine), script, frame.speed, &addresses)?;
    if args.by_hand {
        writeln!(
            show.out,
            "Press Enter to continue the deployment once it waits.\n"
        )?;
    }
    let entered = by_hand(args);
    // Enter also counts before the deployment waits for it.
    let mut is_allowed = false;
    let mut ended = None;
    loop {
        let seen = rehearsal.look(page.as_ref().map(|page| page.calls.written()));
        let view = (page.is_some() || show.wants_view()).then(|| frame.view(&seen));
        if entered.swap(false, Ordering::AcqRel) {
            show.typed();
            is_allowed = true;
        }
        show.moment(&seen, view.as_ref())?;
        if let (Some(page), Some(view)) = (&page, view) {
            note_calls(&page.calls, &seen);
            page.show(view);
        }
        if ended.is_none() {
            rehearsal.interfere(script, args.by_hand, &seen).await?;
            if is_allowed
                && seen.waits_for().is_some()
                && let Some(deployment) = seen.deployment()
            {
                is_allowed = false;
                rehearsal.proceed(deployment);
            }
            if let Some(view) = seen.ended() {
                show.wipe()?;
                ending::pipeline(&mut show.out, view)?;
                ended = Some(view.clone());
                if !args.serve.stay {
                    break;
                }
                ending::clients(&mut show.out, seen.traffic.as_ref())?;
                writeln!(show.out, "\nEverything stays up until Ctrl-C.\n")?;
            }
        }
        tokio::select! {
            () = rehearsal.pause() => {}
            () = shutdown.come() => break,
        }
    }
    show.wipe()?;
    if ended.is_none() {
        writeln!(show.out, "\nThat was before the release's end.")?;
    }
    tokio::select! {
        (shown, states) = close(rehearsal) => {
            ending::events(&mut show.out, &states)?;
            let told_already = args.serve.stay && ended.is_some();
            if let (Some(shown), false) = (shown, told_already) {
                ending::clients(&mut show.out, Some(&shown))?;
            }
        }
        // A second signal: whatever still runs ends with this process.
        () = shutdown.come() => {}
    }
    Ok(ended)
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

/// A flag that is set on every press of Enter, if `--by-hand` is given.
fn by_hand(args: &Args) -> Arc<AtomicBool> {
    let entered = Arc::new(AtomicBool::new(false));
    if args.by_hand {
        let entered = Arc::clone(&entered);
        // The thread ends with the process: reading standard input cannot be
        // cancelled.
        std::thread::spawn(move || {
            for _ in io::stdin().lines().map_while(Result::ok) {
                entered.store(true, Ordering::Release);
            }
        });
    }
    entered
}

/// Prints a warning to standard error.
#[expect(clippy::print_stderr, reason = "a command speaks to its caller")]
fn warn(what: &str) {
    eprintln!("warning: {what}");
}

/// The gate that the release must pass, if there are policies.
async fn gate(args: &Args, terms: &str) -> Result<Option<Gate>, SetProblem> {
    let terms = terms.parse()?;
    let set = args.policies.read_with(terms).await?;
    if set.is_empty() {
        return Ok(None);
    }
    let (gate, remarks) = Gate::examine(set, Child::default())?;
    remarks.all().for_each(|remark| warn(remark));
    Ok(Some(gate))
}
