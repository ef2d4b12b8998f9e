//! Checks the dependencies between the top-level modules of `src`, and the
//! rules that every source file must follow. The crates in `crates` have walls
//! that the compiler checks.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "architecture/bodies.rs"]
mod bodies;
#[path = "architecture/cycles.rs"]
mod cycles;
#[path = "architecture/paths.rs"]
mod paths;
#[path = "architecture/rooms.rs"]
mod rooms;

use cycles::{LEFT, Source, cycles};
use paths::{Mention, mentions};
use rooms::{Crates, ROOMS, Room};

/// Most lines of a file.
const LONGEST_FILE: usize = 400;

/// The folders with Rust code.
const FOLDERS: [&str; 4] = ["src", "crates", "tests", "benches"];

/// The roots of crates that only name their modules.
const MAPS: [&str; 3] = [
    "src/lib.rs",
    "crates/rego/src/lib.rs",
    "crates/simulator/src/lib.rs",
];

#[test]
fn no_source_file_breaks_a_rule() {
    let dependencies = dependencies();
    let mut found = Vec::new();
    for file in FOLDERS.iter().flat_map(|folder| rust_files(folder)) {
        let text = fs::read_to_string(root().join(&file)).expect("source files are readable text");
        found.extend(violations(&file, &text, &dependencies));
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn every_room_of_the_table_exists() {
    for room in ROOMS {
        let folder = root().join("src").join(room.name);
        let file = folder.with_extension("rs");
        assert!(
            folder.is_dir() || file.is_file(),
            "`{}` has a row in the table and no place in `src`",
            room.name
        );
    }
}

/// The table is in order, so no two modules can know each other, not even by
/// way of others.
#[test]
fn every_room_knows_only_rooms_before_it() {
    for (at, room) in ROOMS.iter().enumerate() {
        for known in room.knows {
            let is_before = ROOMS[..at].iter().any(|before| before.name == *known);
            assert!(is_before, "`{}` may not know `{known}`", room.name);
        }
    }
}

/// Modules of one room that know each other can only be read together.
#[test]
fn no_further_modules_of_a_room_know_each_other() {
    let read = |file: String| -> Source {
        let text = fs::read_to_string(root().join(&file)).expect("source files are readable text");
        (file["src/".len()..].to_owned(), text)
    };
    let found = cycles(&rust_files("src").into_iter().map(read).collect::<Vec<_>>());
    let is_in = |(room, cycle): &(String, Vec<String>), (known, modules): &(&str, &[&str])| {
        room == known
            && cycle
                .iter()
                .all(|module| modules.contains(&module.as_str()))
    };
    for cycle in &found {
        let is_left = LEFT.iter().any(|known| is_in(cycle, known));
        assert!(is_left, "{}: {:?} know each other", cycle.0, cycle.1);
    }
    for known in LEFT {
        let is_there = found.iter().any(|cycle| is_in(cycle, known));
        assert!(
            is_there,
            "a cycle is gone; strike it from the list: {known:?}"
        );
    }
}

#[test]
fn a_planted_cycle_is_found() {
    let source = |place: &str, text: &str| (place.to_owned(), text.to_owned());
    let sources = [
        source(
            "shop/mod.rs",
            "mod cart;\nmod price;\nmod till;\npub use cart::Cart;",
        ),
        source("shop/cart.rs", "use super::till;\nuse crate::other::price;"),
        source("shop/cart/lid.rs", "fn f() { super::super::price::of(); }"),
        source(
            "shop/price.rs",
            "#[cfg(test)]\nmod tests {\n    use super::super::cart;\n}",
        ),
        source("shop/till.rs", "use crate::shop::{Cart, price};"),
        source("shop/till/tests.rs", "use crate::shop::till;"),
    ];
    let expected = ["cart".to_owned(), "till".to_owned()].to_vec();
    assert_eq!(cycles(&sources), [("shop".to_owned(), expected)]);
}

#[test]
fn files_that_the_architecture_page_names_exist() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page is readable");
    let quoted = page.split('`').skip(1).step_by(2);
    let files: Vec<&str> = quoted
        .filter(|text| text.contains('/') && text.ends_with(".rs"))
        .collect();
    for file in &files {
        assert!(root().join(file).is_file(), "{file} does not exist");
    }
    assert!(files.len() >= 30, "only {} files were found", files.len());
}

#[test]
fn sections_of_the_aws_page_that_source_files_cite_exist() {
    let page = fs::read_to_string(root().join("docs/aws.md")).expect("the page is readable");
    let headings: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("## ") || line.starts_with("### "))
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    let mut count = 0;
    for file in FOLDERS.iter().flat_map(|folder| rust_files(folder)) {
        let text = fs::read_to_string(root().join(&file)).expect("source files are readable text");
        for section in cited_sections(&text) {
            assert!(headings.contains(&section), "{file} cites §{section}");
            count += 1;
        }
    }
    assert!(count >= 150, "only {count} citations were found");
}

/// The sections that the text cites after the page's path. A citation may
/// continue in the next line of its comment.
fn cited_sections(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_citation = false;
    for word in text
        .split_whitespace()
        .filter(|word| !word.starts_with("//"))
    {
        match word.strip_prefix('§') {
            Some(section) if is_citation => {
                found.push(section.trim_end_matches(|c: char| !c.is_ascii_digit()));
            }
            Some(_) | None => is_citation = word.ends_with("docs/aws.md"),
        }
    }
    found
}

#[test]
fn planted_violations_are_found() {
    let check = |file: &str, text: &str, expected: &[&str]| {
        let found = violations(file, &format!("//! Planted.\n{text}"), &dependencies());
        assert_eq!(found, expected, "{text}");
    };
    let job = "src/job/offer.rs";
    check(
        job,
        "use tokio::time;",
        &["src/job/offer.rs:2: `tokio::time`: `job` may not use the crate `tokio`"],
    );
    check(
        job,
        "async fn f() {}",
        &["src/job/offer.rs:2: `async`: `job` is pure"],
    );
    check(
        job,
        "use std::{\n    fmt,\n    fs,\n};",
        &["src/job/offer.rs:4: `std::fs`: `job` is pure"],
    );
    check(
        job,
        "use std::time::{Duration, SystemTime};",
        &["src/job/offer.rs:2: `std::time::SystemTime`: `job` is pure"],
    );
    check(
        job,
        "fn f(x: super::super::ports::ETag) {}",
        &["src/job/offer.rs:2: `crate::ports::ETag`: `job` may not know `ports`"],
    );
    check(
        "src/release/plan.rs",
        "use crate::{job::Key, rollout::{self, seen}};",
        &[
            "src/release/plan.rs:2: `crate::rollout::self`: `release` may not know `rollout`",
            "src/release/plan.rs:2: `crate::rollout::seen`: `release` may not know `rollout`",
        ],
    );
    check(
        "src/worker/job_run.rs",
        "fn f() { aws_sdk_ecs::Client::new(); }",
        &[
            "src/worker/job_run.rs:2: `aws_sdk_ecs::Client::new`: `worker` may not use the crate `aws_sdk_ecs`",
        ],
    );
    check(
        "src/worker/job_run.rs",
        "async fn f() {\n    tokio::select! {\n        () = a => {}\n    }\n}",
        &["src/worker/job_run.rs:3: `select!` without `biased`"],
    );
    check(
        "src/worker/job_run.rs",
        "async fn f() {\n    tokio::select! {\n        biased;\n        () = a => {}\n    }\n}",
        &[],
    );
    check(
        "src/worker/mod.rs",
        "fn f() {}",
        &["src/worker/mod.rs:2: `fn`: a map holds no logic"],
    );
    check(
        "crates/simulator/src/s3/mod.rs",
        "fn f() {}",
        &["crates/simulator/src/s3/mod.rs:2: `fn`: a map holds no logic"],
    );
    check(
        "src/worker/job_run.rs",
        "use simulator::world::World;",
        &[
            "src/worker/job_run.rs:2: `simulator::world::World`: `worker` may not use the crate `simulator`",
        ],
    );
    check(
        "src/attic/mod.rs",
        "",
        &["src/attic/mod.rs:1: the room `attic` has no row in the table"],
    );
    check(
        job,
        &"\n".repeat(LONGEST_FILE),
        &["src/job/offer.rs:401: 401 lines; split what is longer than 400"],
    );
    check(job, &"\n".repeat(LONGEST_FILE - 1), &[]);
    assert_eq!(
        violations(job, "use std::fmt;\n", &dependencies()),
        ["src/job/offer.rs:1: a file opens with a `//!` sentence that names its job"]
    );
}

#[test]
fn what_only_looks_like_a_violation_is_left_alone() {
    for text in [
        "// tokio::time would be async here.",
        "/* std::fs /* and */ crate::aws */",
        r#"const X: &str = "crate::aws::\"tokio::\" std::fs";"#,
        "const X: &str = r#\"\" tokio::spawn \"#;",
        "fn f<'a>(tokio: &'a str) -> char { let _ = '\\''; '\"' }",
        "use std::time::Duration;\nuse crate::job::Key;",
    ] {
        let text = format!("//! Harmless.\n{text}\n");
        assert_eq!(
            violations("src/job/offer.rs", &text, &dependencies()),
            [""; 0],
            "{text}"
        );
    }
}

/// All violations in one file, as `file:line: what: rule`.
fn violations(file: &str, text: &str, dependencies: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    if !text.starts_with("//! ") {
        found.push(format!(
            "{file}:1: a file opens with a `//!` sentence that names its job"
        ));
    }
    let lines = text.lines().count();
    if lines > LONGEST_FILE {
        found.push(format!(
            "{file}:{lines}: {lines} lines; split what is longer than {LONGEST_FILE}"
        ));
    }
    let Some((package, place)) = file.split_once("src/") else {
        return found;
    };
    let is_worker = package.is_empty();
    let name = place
        .split(['/', '.'])
        .next()
        .expect("a split has a first part");
    let room = ROOMS.iter().find(|room| is_worker && room.name == name);
    if is_worker && room.is_none() && name != "lib" && name != "main" {
        found.push(format!(
            "{file}:1: the room `{name}` has no row in the table"
        ));
    }
    // Tests may use every module.
    if place.ends_with("/tests.rs") || place.contains("/tests/") {
        return found;
    }
    if is_worker && name == "worker" {
        found.extend(left_to_chance(file, text));
    }
    let is_map = file.ends_with("/mod.rs") || MAPS.contains(&file);
    for Mention { line, path } in mentions(place, text) {
        let rule = if is_map && path == ["fn"] {
            Some("a map holds no logic".to_owned())
        } else {
            room.and_then(|room| broken_wall(room, &path, dependencies))
        };
        found.extend(rule.map(|rule| format!("{file}:{line}: `{}`: {rule}", path.join("::"))));
    }
    found
}

/// Places where tokio would choose at random between ready branches. A random
/// walk with the same seed would then take another course
/// (`tests/worker/random_walk.rs`).
fn left_to_chance<'a>(file: &'a str, text: &'a str) -> impl Iterator<Item = String> + 'a {
    let following = text.lines().skip(1);
    let pairs = text.lines().zip(following).enumerate();
    let unbiased = pairs.filter(|(_, (line, next))| {
        line.trim_end().ends_with("select! {") && next.trim() != "biased;"
    });
    unbiased.map(move |(n, _)| format!("{file}:{}: `select!` without `biased`", n + 1))
}

/// The rule of `room` that the path breaks, if any.
fn broken_wall(room: &Room, path: &[&str], dependencies: &[String]) -> Option<String> {
    let name = room.name;
    if room.pure && rooms::is_impure(path) {
        return Some(format!("`{name}` is pure"));
    }
    let [first, second, ..] = path else {
        return None;
    };
    if *first == "crate" {
        let is_room = ROOMS.iter().any(|room| room.name == *second);
        let may = *second == name || room.knows.contains(second);
        return (is_room && !may).then(|| format!("`{name}` may not know `{second}`"));
    }
    let may = match room.crates {
        Crates::Only(allowed) => allowed.contains(first),
        Crates::AllBut(refused) => !refused.iter().any(|start| first.starts_with(start)),
    };
    let is_crate = dependencies.iter().any(|dependency| dependency == first);
    (is_crate && !may).then(|| format!("`{name}` may not use the crate `{first}`"))
}

/// The names by which code refers to the crates in `[dependencies]`.
fn dependencies() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest is readable");
    let manifest: toml::Table = manifest.parse().expect("the manifest is TOML");
    let table = manifest["dependencies"].as_table().expect("a table");
    table.keys().map(|name| name.replace('-', "_")).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files in a folder, relative to the package, in a fixed order.
fn rust_files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(root().join(&folder)) else {
            continue;
        };
        for entry in entries {
            let entry = entry.expect("a folder can be listed");
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}
