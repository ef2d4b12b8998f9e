//! The command: reads the bundle, sets up the rehearsal, and runs it.

use std::io::{self, Write as _};
use std::path::Path;

use simulator::codepipeline::ActionStatus;

use super::account::account;
use super::arguments::{Args, Expected};
use super::bundle;
use super::live::Frame;
use super::problem::Problem;
use super::rehearsal::{Rehearsal, RehearsalConfig};
use super::scene::Scene;
use super::session::Session;
use super::traffic::LivePage;
use crate::cli::bundle::Rendered;
use crate::cli::lint::assumed_remarks;
use crate::cli::remark::Remark;
use crate::cli::signals::Signals;
use crate::cli::{Exit, Failed, check, environment, may_colour, print, print_aside};
use crate::config::LogFormat;
use crate::job::Engine;
use crate::job::request::ConfigurationProblem;
use crate::messages::finding;
use crate::page::{FindingShown, SeverityShown};
use crate::policy::{Child, Gate, SetProblem};
use crate::release::finding::{Finding, Severity};
use crate::telemetry;

pub(in crate::cli) async fn run(args: &Args) -> Result<Exit, Failed> {
    if args.list {
        let engine = args.engine.unwrap_or(Engine::CodeDeploy);
        return Ok(print(Scene::list(engine), Exit::Done));
    }
    let has_colour = may_colour(&environment());
    telemetry::start(&args.log, LogFormat::Text, has_colour, &[], None);
    Ok(match rehearse(args).await {
        Ok(true) => Exit::Done,
        Ok(false) => Exit::Refused,
        // A closed pipe needs no message.
        Err(Problem::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Exit::Unexpected
        }
        Err(Problem::Declaration(findings)) => print(findings, Exit::Refused),
        Err(problem) => return Err(problem.into()),
    })
}

/// Runs the rehearsal. Returns whether the action ended as expected.
async fn rehearse(args: &Args) -> Result<bool, Problem> {
    let mut signals = Signals::listen().map_err(Problem::Signals)?;
    let (bundle, remarks) =
        bundle::read(args.bundle.as_deref(), args.action.as_deref(), args.engine)?;
    let engine = bundle.action.engine;
    if !args.scene.is_for(engine) {
        let flag = engine.to_string().to_lowercase();
        return Err(Problem::Scene { engine, flag });
    }
    for words in bundle.assumptions(None) {
        writeln!(io::stdout(), "note: {words}")?;
    }
    let config = RehearsalConfig::of(args, engine);
    let gate = gate(args, config.script.terms).await?;
    let rendered = Rendered::of(&bundle, None).await;
    let release = rendered.as_ref().ok();
    let account = account(engine, release, &config.script, args);
    let page = page(args).await?;
    let findings = match (&page, release) {
        (Some(_), Some(release)) => findings(release, gate.as_ref()).await,
        (_, _) => Vec::new(),
    };
    let rehearsal = tokio::select! {
        rehearsal = Rehearsal::set(&config, &bundle, release, account, gate) => rehearsal,
        _ = signals.next() => return Ok(false),
    };
    let rehearsal = match (rehearsal, &rendered) {
        (Err(Problem::Action(_)), Err(problems)) => {
            print_action_problems(args.subject(engine), remarks, problems)?;
            return Ok(args.expect == Expected::Failed);
        }
        (rehearsal, _) => rehearsal?,
    };
    let frame = Frame {
        config: &config,
        engine,
        addresses: rehearsal.addresses(),
        changes: release
            .and_then(|release| release.checked.task_definition.as_ref())
            .map(|body| rehearsal.changes(body)),
        findings,
    };
    let session = Session::open(&frame, rehearsal, page)?;
    let view = session.run(&mut signals).await?;
    let expected = match args.expect {
        Expected::Succeeded => ActionStatus::Succeeded,
        Expected::Failed => ActionStatus::Failed,
        Expected::Abandoned => ActionStatus::Abandoned,
    };
    Ok(view.is_some_and(|view| view.status == expected))
}

/// Prints why no pipeline accepts the action's configuration, as `check` does.
/// The problems are not among the remarks if they came with another engine.
fn print_action_problems(
    subject: &Path,
    mut remarks: Vec<Remark>,
    problems: &[ConfigurationProblem],
) -> io::Result<()> {
    if !check::refused(&remarks) {
        remarks = assumed_remarks(problems, subject);
    }
    io::stdout().write_all(check::text(&remarks, false).as_bytes())
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

/// The gate that the release must pass, if there are policies.
async fn gate(args: &Args, terms: &str) -> Result<Option<Gate>, SetProblem> {
    let terms = terms.parse()?;
    let set = args.policies.read_with(terms).await?;
    if set.is_empty() {
        return Ok(None);
    }
    let (gate, remarks) = Gate::examine(set, Child::default())?;
    remarks
        .all()
        .for_each(|remark| print_aside(&format!("warning: {remark}\n")));
    Ok(Some(gate))
}

/// The findings of the checks and policies, as far as they need no AWS, for the
/// live page.
async fn findings(release: &Rendered, gate: Option<&Gate>) -> Vec<FindingShown> {
    let mut found = release.checked.findings.clone();
    if let (Some(gate), Some(subject)) = (gate, release.subject()) {
        found.extend(gate.review(None, &subject, &release.files).await);
    }
    let shown = |found: &Finding| FindingShown {
        severity: match found.severity {
            Severity::Error => SeverityShown::Error,
            Severity::Warning => SeverityShown::Warning,
            Severity::Note => SeverityShown::Note,
        },
        is_policys: found.policy().is_some(),
        text: finding::line(found),
    };
    found.iter().map(shown).collect()
}
