//! Places of policies for which the terms say what `input` is.

use std::path::{Component, Path, PathBuf, absolute};

use serde::Deserialize;

use super::question::InputKind;
use super::question::Text;
use crate::job::nearest;

/// A place as configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenPlace {
    path: String,
    input: InputKind,
}

/// A file, a directory, a prefix in a bucket, or an archive in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InputPlace {
    written: String,
    /// Without `.` and `..`. The path of a bucket begins with `s3:`.
    path: PathBuf,
    input: InputKind,
}

impl InputPlace {
    /// `base` is the directory of the terms, which relative paths begin at.
    pub(super) fn new(written: WrittenPlace, base: &Path) -> Result<Self, String> {
        if written.path.is_empty() {
            return Err("path: a file, a directory or s3://bucket/prefix is expected".into());
        }
        let path = match is_bucket(&written.path) {
            true => PathBuf::from(&written.path),
            false => base.join(&written.path),
        };
        Ok(Self {
            path: plain(&path),
            written: written.path,
            input: written.input,
        })
    }

    /// The file or directory whose name is the most like this one's.
    fn nearest<'a>(&self, known: &[&'a Path]) -> Option<&'a Path> {
        let name = |path: &'a Path| path.file_name()?.to_str();
        let names = known.iter().filter_map(|path| name(path));
        let nearest = nearest(self.path.file_name()?.to_str()?, names)?;
        known
            .iter()
            .copied()
            .find(|path| name(path) == Some(nearest))
    }

    fn holds(&self, file: &str) -> bool {
        // A file in an archive is called `s3://bucket/set.zip!name`.
        let archive = file.split_once('!').map(|(archive, _)| archive);
        let is_below = |file: &str| plain(Path::new(file)).starts_with(&self.path);
        is_below(file) || archive.is_some_and(is_below)
    }
}

/// What `input` is for the rules in a file. The most specific place decides.
pub(super) fn input_of(places: &[InputPlace], file: &str) -> InputKind {
    let holding = places.iter().filter(|place| place.holds(file));
    let narrowest = holding.max_by_key(|place| place.path.components().count());
    narrowest.map(|place| place.input).unwrap_or_default()
}

/// A sentence about each place that contains no rules, and so has no effect.
pub(super) fn unused(places: &[InputPlace], policies: &[Text]) -> Vec<String> {
    let is_unused = |place: &&InputPlace| !policies.iter().any(|file| place.holds(&file.path));
    let files = policies.iter().map(|file| Path::new(&file.path));
    let files: Vec<&Path> = files.collect();
    let parents = files.iter().filter_map(|file| file.parent());
    let known: Vec<&Path> = parents.chain(files.iter().copied()).collect();
    let problem = |place: &InputPlace| {
        let written = &place.written;
        let suggestion = match place.nearest(&known) {
            Some(nearest) => format!("; did you mean `{}`?", nearest.display()),
            None => String::new(),
        };
        format!(
            "places: no *.rego file of the set lies in `{written}`, which is {}{suggestion}",
            place.path.display()
        )
    };
    places.iter().filter(is_unused).map(problem).collect()
}

fn is_bucket(path: &str) -> bool {
    path.starts_with("s3://")
}

/// The absolute path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let whole = match path.to_str().is_some_and(is_bucket) {
        true => path.to_owned(),
        // Without a current directory, relative paths stay relative.
        false => absolute(path).unwrap_or_else(|_| path.to_owned()),
    };
    let mut plain = PathBuf::new();
    for component in whole.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                plain.push(component);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str, input: InputKind) -> InputPlace {
        let written = WrittenPlace {
            path: path.into(),
            input,
        };
        InputPlace::new(written, Path::new("/etc/worker")).expect(path)
    }

    #[test]
    fn the_narrowest_place_decides() {
        let places = [
            place("conftest", InputKind::TaskDefinition),
            place("/etc/worker/conftest/ours", InputKind::Document),
            place("s3://team/set.zip", InputKind::TaskDefinition),
            place("s3://team/prod/", InputKind::TaskDefinition),
        ];
        for (file, expected) in [
            ("/etc/worker/conftest/a.rego", InputKind::TaskDefinition),
            (
                "/etc/worker/./x/../conftest/deep/a.rego",
                InputKind::TaskDefinition,
            ),
            ("/etc/worker/conftest/ours/a.rego", InputKind::Document),
            ("/etc/worker/conftest-old/a.rego", InputKind::Document),
            ("/etc/worker/a.rego", InputKind::Document),
            ("s3://team/set.zip!a.rego", InputKind::TaskDefinition),
            ("s3://team/prod/a.rego", InputKind::TaskDefinition),
            ("s3://team/production/a.rego", InputKind::Document),
        ] {
            assert_eq!(input_of(&places, file), expected, "{file}");
        }
    }

    #[test]
    fn a_place_without_rules_is_named_with_what_was_probably_meant() {
        let places = [place("conftset", InputKind::TaskDefinition)];
        let file = Text::new("/etc/worker/conftest/a.rego", "");
        let problems = unused(&places, std::slice::from_ref(&file));
        assert_eq!(problems.len(), 1);
        let expected =
            "in `conftset`, which is /etc/worker/conftset; did you mean `/etc/worker/conftest`?";
        assert!(problems[0].ends_with(expected), "{problems:?}");
        let places = [place("conftest", InputKind::TaskDefinition)];
        assert!(unused(&places, &[file]).is_empty());
    }
}
