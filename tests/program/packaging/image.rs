//! The Containerfile, and what its build is given.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bluegreen_worker::config::{self, Flags};

use super::{check, root, text};

#[test]
fn the_container_starts_the_worker_without_root() {
    let container = text("Containerfile");
    let list = |key: &str| -> Vec<String> {
        let line = container.lines().find_map(|line| line.strip_prefix(key));
        serde_json::from_str(line.expect(key)).expect("a list of texts")
    };
    let words = [list("ENTRYPOINT "), list("CMD ")].concat();
    check("the container", &words);
    let user = container
        .lines()
        .find_map(|line| line.strip_prefix("USER "));
    assert!(user.is_some_and(|user| !user.starts_with('0')), "{user:?}");
    let last = container.lines().rfind(|line| line.starts_with("FROM "));
    assert_eq!(last, Some("FROM scratch"), "it holds what is laid out only");
    // The container's health check is a command of the program.
    let asks = container.lines().find(|line| line.contains("\"health\""));
    let asks = asks.and_then(|line| line.trim().strip_prefix("CMD "));
    let words: Vec<String> =
        serde_json::from_str(asks.expect("a health check")).expect("a list of texts");
    check("the health check", &words);
    // It is built with the toolchain of `rust-toolchain.toml`.
    let toolchain = text("rust-toolchain.toml");
    let channel = toolchain
        .lines()
        .find_map(|line| line.strip_prefix("channel = "));
    let channel = channel.expect("a channel").trim_matches('"');
    assert!(
        container.contains(&format!("rust:{channel}-slim-bookworm@sha256:")),
        "{channel}"
    );
    // The program accepts the environment that the container sets.
    let line = container.lines().find_map(|line| line.strip_prefix("ENV "));
    let environment: BTreeMap<String, String> = line
        .expect("ENV")
        .split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert!(config::load(&Flags::default(), &environment).is_ok());
}

#[test]
fn the_build_of_the_image_is_given_every_file_that_is_compiled_in() {
    let let_in = text(".dockerignore");
    let let_in: Vec<&str> = let_in
        .lines()
        .filter_map(|it| it.strip_prefix('!'))
        .collect();
    let mut all = sources(&root().join("src"));
    all.extend(sources(&root().join("crates/clock")));
    all.extend(sources(&root().join("crates/rego")));
    all.retain(|it| {
        let path = it.to_string_lossy();
        // The image is built without the simulator.
        !path.contains("tests") && !path.contains("cli/rehearse")
    });
    for source in &all {
        let whole = fs::read_to_string(source).expect("a source");
        let code = whole.split("#[cfg(test)]").next().unwrap_or_default();
        let texts = code.split("include_str!(").skip(1);
        for call in texts.chain(code.split("include_bytes!(").skip(1)) {
            let path = call.split('"').nth(1).unwrap_or_default();
            let folder = source.parent().expect("a folder");
            let file = folder.join(path).canonicalize().expect(path);
            let top = file.strip_prefix(root().canonicalize().expect("the root"));
            let top = top.expect(path).iter().next().and_then(|it| it.to_str());
            let is_ours = top.is_some_and(|it| let_in.contains(&it));
            assert!(is_ours, "{}: {path} stays outside", source.display());
        }
    }
}

/// All source files in a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(path);
        }
    }
    found
}
