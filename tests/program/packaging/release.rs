//! What `packaging/build` makes of a program.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::{root, text};

const PROGRAM: &str = env!("CARGO_BIN_EXE_bluegreen-worker");
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn the_archive_has_a_program_that_runs_and_what_goes_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = build(folder.path(), &["archive", "--program", PROGRAM]);
    assert!(output.status.success(), "{output:?}");
    let name = format!("bluegreen-worker-{VERSION}-linux-{}", architecture());

    let files = unpack(folder.path(), &name);
    let mut expected: BTreeSet<String> =
        ["LICENSE", "THIRD-PARTY-LICENSES.txt", "bluegreen-worker"]
            .map(|file| format!("{name}/{file}"))
            .into();
    for shipped in ["action-type", "systemd"] {
        for file in fs::read_dir(root().join(shipped)).expect("a folder") {
            let file = file.expect("a file").file_name();
            expected.insert(format!("{name}/{shipped}/{}", file.to_string_lossy()));
        }
    }
    assert_eq!(files, expected);
    let unpacked = folder.path().join(&name);
    assert_eq!(
        fs::read(unpacked.join("LICENSE")).ok(),
        fs::read(root().join("LICENSE")).ok()
    );

    let program = unpacked.join("bluegreen-worker");
    let version = run(Command::new(&program).arg("--version"));
    assert_eq!(version, format!("bluegreen-worker {VERSION}\n"));
    let help = run(Command::new(&program).args(["doctor", "--help"]));
    assert!(help.contains("--offline"), "{help}");

    let sums = format!("bluegreen-worker-{VERSION}-{}.sha256", architecture());
    let checked = run(Command::new("sha256sum")
        .args(["--check", "--strict", &sums])
        .current_dir(folder.path()));
    assert_eq!(checked.lines().count(), 2, "{checked}");

    let notices = fs::read_to_string(unpacked.join("THIRD-PARTY-LICENSES.txt")).expect("a text");
    let notices = format!("\n{notices}");
    for it in components(folder.path(), &name) {
        // What is of this project has this project's licence.
        let is_elsewhere = it.is_linked && !it.name.starts_with("bluegreen-");
        let wanted = format!("\n{} {}", it.name, it.version);
        assert!(!is_elsewhere || notices.contains(&wanted), "{wanted}");
    }
}

#[test]
fn the_bill_of_materials_names_what_the_program_is_made_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = stand_in(folder.path());
    let packages = folder.path().join("packages");
    for part in ["archive", "image"] {
        let output = build(&packages, &[part, "--program", &program]);
        assert!(output.status.success(), "{output:?}");
    }
    let archive = format!("bluegreen-worker-{VERSION}-linux-{}", architecture());
    let with_simulator = components(&packages, &archive);
    let image = format!("bluegreen-worker-{VERSION}-image-{}", architecture());
    let without = components(&packages, &image);

    let manifest: toml::Table = text("Cargo.toml").parse().expect("a manifest");
    let lock = locked();
    for (name, optional) in direct_dependencies(&manifest, "dependencies") {
        let found = with_simulator.iter().find(|it| it.name == name);
        let found = found.unwrap_or_else(|| panic!("{name} is missing"));
        let pair = (name.clone(), found.version.clone());
        assert!(lock.contains(&pair), "{pair:?} is not in Cargo.lock");
        let is_in_the_image = without.iter().any(|it| it.name == name);
        // Others need `terminal_size` as well.
        assert!(is_in_the_image || optional, "{name}");
    }
    for (what, name, expected) in [
        (&with_simulator, "bluegreen-simulator", true),
        (&without, "bluegreen-simulator", false),
        (&with_simulator, "proptest", false),
        (&with_simulator, "insta", false),
    ] {
        assert_eq!(what.iter().any(|it| it.name == name), expected, "{name}");
    }
    // A macro runs in the compiler.
    let macros = without.iter().find(|it| it.name == "async-trait");
    assert!(macros.is_some_and(|it| !it.is_linked));
}

#[test]
fn the_image_is_made_of_its_context_and_the_same_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = stand_in(folder.path());
    let name = format!("bluegreen-worker-{VERSION}-image-{}", architecture());
    let packages = ["first", "second"].map(|run| folder.path().join(run));
    for packages in &packages {
        let output = build(packages, &["image", "--program", &program]);
        assert!(output.status.success(), "{output:?}");
    }
    for ending in ["tar.gz", "cdx.json"] {
        let [first, second] = packages
            .clone()
            .map(|it| fs::read(it.join(format!("{name}.{ending}"))));
        assert!(
            first.expect("a file") == second.expect("a file"),
            "{ending} differs"
        );
    }

    let files = unpack(&packages[0], &name);
    let dist = format!("dist/{}/bluegreen-worker", architecture());
    // Without the architecture, so that both can be unpacked into one folder.
    let top = format!("bluegreen-worker-{VERSION}-image");
    let expected = [
        ".dockerignore",
        "Containerfile",
        "LICENSE",
        "THIRD-PARTY-LICENSES.txt",
        &dist,
    ];
    assert_eq!(files, expected.map(|file| format!("{top}/{file}")).into());
}

#[test]
fn both_parts_are_compiled_and_each_has_its_own_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let commands = folder.path().join("commands");
    fs::create_dir(&commands).expect("a folder");
    write_command(&commands, "rustup", "exit 0");
    // What it is asked to compile, instead of a program. Python runs the others.
    let cargo = format!(
        r#"[ "$1" = build ] || exec {real} "$@"
all="$*"
while [ "$1" != --target ]; do shift; done
mkdir -p "$4/$2/release"
echo "$all" >"$4/$2/release/bluegreen-worker""#,
        real = env!("CARGO")
    );
    write_command(&commands, "cargo", &cargo);
    #[expect(clippy::disallowed_methods, reason = "`PATH` is no setting")]
    let others = std::env::var("PATH").expect("a path");
    let packages = folder.path().join("packages");
    let output = packaging(&packages, &[])
        .env("PATH", format!("{}:{others}", commands.display()))
        .env("CARGO_TARGET_DIR", folder.path().join("target"))
        .env("CC_x86_64_unknown_linux_musl", "cc")
        .env("CC_aarch64_unknown_linux_musl", "cc")
        .output()
        .expect("Python 3");
    assert!(output.status.success(), "{output:?}");

    let arch = architecture();
    for (name, program, has_simulator) in [
        (
            format!("bluegreen-worker-{VERSION}-linux-{arch}"),
            format!("bluegreen-worker-{VERSION}-linux-{arch}/bluegreen-worker"),
            true,
        ),
        (
            format!("bluegreen-worker-{VERSION}-image-{arch}"),
            format!("bluegreen-worker-{VERSION}-image/dist/{arch}/bluegreen-worker"),
            false,
        ),
    ] {
        unpack(&packages, &name);
        let compiled = fs::read_to_string(packages.join(program)).expect("a program");
        assert!(compiled.contains("build --release --locked"), "{compiled}");
        assert_eq!(
            !compiled.contains("--no-default-features"),
            has_simulator,
            "{compiled}"
        );
    }
}

#[test]
fn a_tag_that_is_not_the_version_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = build(folder.path(), &["--tag", "v999.0.0"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains(&format!("Cargo.toml has version {VERSION}")),
        "{said}"
    );
    assert!(
        fs::read_dir(folder.path())
            .expect("a folder")
            .next()
            .is_none()
    );
}

/// Cargo 1.95 forgets `strip` for a package that has a level of its own.
#[test]
fn the_released_program_keeps_no_symbols() {
    let manifest: toml::Table = text("Cargo.toml").parse().expect("a manifest");
    let profile = &manifest["profile"]["release"];
    for settings in [profile, &profile["package"]["bluegreen-worker"]] {
        assert_eq!(settings["strip"].as_bool(), Some(true), "{settings}");
    }
}

fn build(packages: &Path, words: &[&str]) -> Output {
    packaging(packages, words).output().expect("Python 3")
}

fn packaging(packages: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(root().join("packaging/build"));
    command
        .arg("--output")
        .arg(packages)
        .args(words)
        .env("SOURCE_DATE_EPOCH", "1800000000")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn write_command(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("permission");
}

/// Packs as fast as it can be read.
fn stand_in(folder: &Path) -> String {
    let path = folder.join("program");
    fs::write(&path, "not this time").expect("a file");
    path.to_string_lossy().into_owned()
}

/// As the files are named.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// The names of the files.
fn unpack(packages: &Path, name: &str) -> BTreeSet<String> {
    let archive = format!("{name}.tar.gz");
    let words = ["--extract", "--verbose", "--file", &archive];
    let listed = run(Command::new("tar").args(words).current_dir(packages));
    listed.lines().map(str::to_owned).collect()
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

struct Component {
    name: String,
    version: String,
    is_linked: bool,
}

fn components(packages: &Path, name: &str) -> Vec<Component> {
    let document = fs::read(packages.join(format!("{name}.cdx.json"))).expect("a document");
    let document: Value = serde_json::from_slice(&document).expect("JSON");
    assert_eq!(document["bomFormat"], "CycloneDX");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let components = document["components"].as_array().expect("a list").iter();
    let of_one = |it: &Value| Component {
        name: text(&it["name"]),
        version: text(&it["version"]),
        is_linked: it["scope"] == "required",
    };
    components.map(of_one).collect()
}

/// The package's name of each, and whether it is optional.
fn direct_dependencies(manifest: &toml::Table, kind: &str) -> Vec<(String, bool)> {
    let workspace = &manifest["workspace"]["dependencies"];
    let table = manifest[kind].as_table().expect("a table");
    let of_one = |(key, value): (&String, &toml::Value)| {
        let inherits = value.get("workspace").is_some();
        let whole = if inherits { &workspace[key] } else { value };
        let name = whole.get("package").and_then(toml::Value::as_str);
        let optional = value.get("optional").and_then(toml::Value::as_bool);
        (name.unwrap_or(key).to_owned(), optional.unwrap_or(false))
    };
    let found: Vec<_> = table.iter().map(of_one).collect();
    assert!(found.len() >= 4, "{found:?}");
    found
}

/// Name and version of everything in Cargo.lock.
fn locked() -> BTreeSet<(String, String)> {
    let lock: toml::Table = text("Cargo.lock").parse().expect("a lock");
    let text = |value: &toml::Value| value.as_str().expect("a text").to_owned();
    let packages = lock["package"].as_array().expect("a list").iter();
    packages
        .map(|it| (text(&it["name"]), text(&it["version"])))
        .collect()
}
