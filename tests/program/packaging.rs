//! Files shipped with the program must agree with it: the action type, the
//! settings in the documentation, and every documented command line.

mod image;
mod release;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use bluegreen_worker::cli::Cli;
use bluegreen_worker::config::{self, Flags, Settings};
use bluegreen_worker::job::Engine;
use bluegreen_worker::job::action_type::{PROPERTIES, properties};
use bluegreen_worker::job::request::Request;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

#[test]
fn every_property_of_the_action_type_is_parsed() {
    for engine in Engine::ALL {
        let plain = configuration(engine);
        let without = Request::parse(&plain, &["A", "B"]);
        assert!(without.is_ok(), "{without:?}");
        for property in properties(engine) {
            let mut changed = plain.clone();
            match property.name {
                "Images" => changed.insert("Images".into(), "FURTHER=B".into()),
                "Options" => changed.insert("Options".into(), "Timeout=2h".into()),
                "Image1ArtifactName" | "Image1ContainerName" => {
                    changed.insert("Image1ArtifactName".into(), "A".into());
                    changed.insert("Image1ContainerName".into(), "NAME".into())
                }
                name => changed.insert(name.into(), "B".into()),
            };
            let with = Request::parse(&changed, &["A", "B"]);
            assert!(with.is_ok(), "{}: {with:?}", property.name);
            assert_ne!(with, without, "{} changes nothing", property.name);
            if property.required {
                changed.remove(property.name);
                let gone = Request::parse(&changed, &["A", "B"]);
                assert!(gone.is_err(), "{} is required", property.name);
            }
        }
    }
}

#[test]
fn every_property_that_is_parsed_is_in_the_action_type() {
    let source = text("src/job/request/parse.rs");
    let mut parsed = BTreeSet::new();
    for call in ["&str = ", "required(", "optional(", "template("] {
        for (at, _) in source.match_indices(call) {
            let arguments = source[at..].split(')').next().unwrap_or_default();
            let texts = arguments.split('"').skip(1).step_by(2);
            parsed.extend(texts.filter(|text| text.starts_with(char::is_uppercase)));
        }
    }
    assert!(
        parsed.len() >= 12,
        "the source reads otherwise now: {parsed:?}"
    );
    for name in parsed {
        let known = PROPERTIES.iter().any(|property| property.name == name);
        assert!(known, "{name} is parsed, but no pipeline can set it");
    }
}

#[test]
fn the_migration_guide_has_every_property() {
    let page = text("docs/migrating.md");
    for property in properties(Engine::CodeDeploy) {
        let name = format!("`{}`", property.name);
        assert!(page.contains(&name), "{name} is not in docs/migrating.md");
    }
}

#[test]
fn the_licence_and_the_changes_are_of_this_version() {
    let manifest = text("Cargo.toml");
    assert!(manifest.contains("license = \"Apache-2.0\""));
    let licence = text("LICENSE");
    assert!(licence.contains("Apache License") && licence.contains("Version 2.0"));
    let version = format!("## {}", env!("CARGO_PKG_VERSION"));
    let changes = text("CHANGELOG.md");
    let is_enabled = |line: &str| line == "## Unreleased" || line.starts_with(&version);
    assert!(changes.lines().any(is_enabled), "nothing about {version}");
}

#[test]
fn the_readme_shows_a_message_that_the_program_writes() {
    let readme = text("README.md");
    let (_, rest) = readme.split_once("```text\n").expect("a message");
    let (message, _) = rest.split_once("```").expect("its end");
    // That page is compared with the program.
    assert!(
        text("docs/troubleshooting.md").contains(message),
        "{message}"
    );
}

#[test]
fn the_settings_are_listed_with_their_defaults() {
    let page = text("docs/configuration.md");
    let written: Vec<(String, String)> = page.lines().filter_map(setting).collect();
    let command = Cli::command();
    let run = command.find_subcommand("run").expect("there is `run`");
    let real: Vec<(String, String)> = run.get_arguments().filter_map(documented).collect();
    assert_eq!(written, real);
}

#[test]
fn the_example_settings_are_the_defaults_and_complete() {
    let file = "systemd/bluegreen-worker.toml";
    let mut flags = Flags::default();
    flags.config = Some(root().join(file));
    assert_eq!(load(&flags), load(&Flags::default()));
    let example = text(file);
    for (name, _) in text("docs/configuration.md").lines().filter_map(setting) {
        let key = format!("{} = ", name.to_lowercase());
        assert!(example.contains(&key), "{key}");
    }
}

#[test]
fn command_lines_that_are_written_down_can_be_parsed() {
    let mut count = 0;
    for document in documents() {
        for line in text(&document).lines() {
            let in_prose = line.split('`').skip(1).step_by(2);
            let in_prose = in_prose.filter(|it| it.starts_with("bluegreen-worker "));
            let alone = line.trim_start().trim_start_matches("$ ");
            if let Some(words) = command_line(alone) {
                check(&document, &words);
                count += 1;
            }
            for words in in_prose.filter_map(command_line) {
                check_names(&document, &words);
                count += 1;
            }
        }
    }
    assert!(count >= 100, "only {count} command lines were found");
}

#[test]
fn the_unit_starts_the_worker() {
    let unit = text("systemd/bluegreen-worker.service");
    for key in ["ExecStartPre=", "ExecStart="] {
        let start = unit.lines().find_map(|line| line.strip_prefix(key));
        let start = start.expect("it starts something");
        check("the unit", &command_line(start).expect("our program"));
    }
    // Otherwise systemd stops the worker when the kernel ends one of the
    // processes that evaluate policies.
    assert!(unit.contains("\nOOMPolicy=continue\n"));
}

#[test]
fn links_between_documents_lead_somewhere() {
    for document in documents() {
        let path = root().join(&document);
        let folder = path.parent().expect("a folder");
        for link in text(&document).split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            if link.contains("://") {
                continue;
            }
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if target.is_empty() {
                path.clone()
            } else {
                folder.join(target)
            };
            assert!(target.exists(), "{document} links to {link}");
            if !anchor.is_empty() {
                let page = fs::read_to_string(&target).expect("a page");
                let mut anchors = page.lines().filter_map(anchor_of);
                assert!(anchors.any(|it| it == anchor), "{document} links to {link}");
            }
        }
    }
}

#[test]
fn source_files_that_documents_name_exist() {
    for document in documents() {
        let whole = text(&document);
        let quoted = whole
            .lines()
            .flat_map(|line| line.split('`').skip(1).step_by(2));
        let folders = ["src/", "crates/", "tests/"];
        for path in quoted.filter(|it| folders.iter().any(|folder| it.starts_with(folder))) {
            let is_command = path.starts_with("tests/run ");
            assert!(
                is_command || root().join(path).exists(),
                "{document} names {path}"
            );
        }
    }
}

/// The anchor that GitHub gives a heading.
fn anchor_of(line: &str) -> Option<String> {
    let (level, title) = line.split_once(' ')?;
    let is_heading = !level.is_empty() && level.chars().all(|c| c == '#');
    let kept = title.to_lowercase().replace(' ', "-");
    let is_kept = |c: &char| c.is_alphanumeric() || *c == '-' || *c == '_';
    is_heading.then(|| kept.chars().filter(is_kept).collect())
}

#[test]
fn every_metric_is_explained_and_every_explained_one_is_there() {
    let mut real = BTreeSet::new();
    metrics(&root().join("src"), &mut real);
    let page = text("docs/operating.md");
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `bluegreen_"));
    let explained: BTreeSet<String> = rows
        .map(|row| row.split(['`', '{']).next().unwrap_or_default())
        .map(|name| format!("bluegreen_{name}"))
        .collect();
    assert_eq!(real, explained);
}

/// The names in `counter!(` and the other metrics macros of the sources.
fn metrics(folder: &Path, found: &mut BTreeSet<String>) {
    for item in fs::read_dir(folder).expect("the sources") {
        let path = item.expect("readable").path();
        if path.is_dir() {
            metrics(&path, found);
            continue;
        }
        let source = fs::read_to_string(&path).expect("text");
        for kind in ["counter!(", "gauge!(", "histogram!("] {
            for rest in source.split(kind).skip(1) {
                let name = rest.trim_start().strip_prefix('"');
                found.extend(
                    name.and_then(|name| name.split('"').next())
                        .map(str::to_owned),
                );
            }
        }
    }
}

/// The smallest configuration.
fn configuration(engine: Engine) -> BTreeMap<String, String> {
    properties(engine)
        .filter(|property| property.required)
        .map(|property| (property.name.to_owned(), "A".to_owned()))
        .collect()
}

/// Every page of the documentation, but for the list of changes.
fn documents() -> Vec<String> {
    let pages = fs::read_dir(root().join("docs")).expect("the pages");
    let pages = pages.map(|page| page.expect("a page").file_name());
    let pages = pages.map(|name| format!("docs/{}", name.to_string_lossy()));
    let mut all: Vec<String> = pages.filter(|page| page.ends_with(".md")).collect();
    let others = [
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "README.md",
        "SECURITY.md",
        "crates/rego/README.md",
        "crates/simulator/README.md",
    ];
    all.extend(others.map(str::to_owned));
    all.sort();
    all
}

/// Name and default of a row of the overview of the settings.
fn setting(line: &str) -> Option<(String, String)> {
    let (name, rest) = line.strip_prefix("| `BLUEGREEN_")?.split_once("` |")?;
    let (default, _) = rest.split_once('|')?;
    Some((name.to_owned(), default.replace('`', "").trim().to_owned()))
}

/// Name and default in the help of a flag.
fn documented(flag: &clap::Arg) -> Option<(String, String)> {
    let name = flag.get_long().filter(|name| *name != "config")?;
    let help = flag.get_help()?.to_string();
    let default = match help.split_once("[default: ") {
        Some((_, default)) => default.trim_end_matches(']').to_owned(),
        None => "none".into(),
    };
    Some((name.replace('-', "_").to_uppercase(), default))
}

/// Each `$(…)`, whose output a shell would put there, as one word.
fn without_substitutions(line: &str) -> String {
    let mut parts = line.split("$(");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.split_once(')').map_or("", |(_, rest)| rest);
        whole.push_str("OUTPUT");
        whole.push_str(rest);
    }
    whole
}

/// The arguments of a line that runs the program, without comments and
/// redirections.
fn command_line(line: &str) -> Option<Vec<String>> {
    let whole = without_substitutions(line);
    let line = whole.split(['#', '>', '|', '&']).next()?;
    // Replace what a shell would have expanded.
    let line = line
        .replace("\"$AWS_REGION\"", "eu-west-1")
        .replace("$account", "111122223333")
        .replace('"', "");
    let mut words = line
        .split_whitespace()
        .skip_while(|word| word.contains('=') && !word.starts_with('-'));
    let program = words.next()?;
    let is_ours = match program {
        "cargo" => (words.next(), words.next()) == (Some("run"), Some("--")),
        other => other.rsplit('/').next() == Some("bluegreen-worker"),
    };
    let words = words.map(str::to_owned);
    is_ours.then(|| [vec!["bluegreen-worker".into()], words.collect()].concat())
}

/// Prose names commands and flags, and leaves out what they require.
fn check_names(place: &str, words: &[String]) {
    let problem = Cli::try_parse_from(words).err().map(|error| error.kind());
    let unknown = [ErrorKind::InvalidSubcommand, ErrorKind::UnknownArgument];
    let is_known = problem.is_none_or(|kind| !unknown.contains(&kind));
    assert!(is_known, "{place}: {words:?}");
}

fn check(place: &str, words: &[String]) {
    let parsed = Cli::try_parse_from(words);
    assert!(parsed.is_ok(), "{place}: {words:?}: {parsed:?}");
}

fn load(flags: &Flags) -> Settings {
    config::load(flags, &BTreeMap::new()).expect("settings")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
