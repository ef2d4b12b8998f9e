//! The policy set: rules, data and shipped controls, with the operator's terms.

use std::path::PathBuf;
use std::sync::Arc;

use rego::syntax::is_test;
use sha2::{Digest as _, Sha256};

use super::controls::{CONTROLS, Levels};
use super::files::{Reader, is_data};
use super::input_places::{input_of, unused};
use super::question::{InputKind, Question, Task, Text};
use super::rule_levels;
use super::set_problem::SetProblem;
use super::source::{Fetched, Source};
use super::terms::Terms;
use crate::job::nearest;

/// The package whose rules apply unless the operator configures another.
pub const DEFAULT_NAMESPACE: &str = "main";

/// Where to read a policy set from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recipe {
    pub sources: Vec<Source>,
    /// The package whose rules apply, including its subpackages.
    pub namespace: String,
    pub levels: Levels,
    /// The file with the operator's terms.
    pub terms: Option<PathBuf>,
    /// Controls that are on in addition to those of that file, with their
    /// parameters.
    pub also: Terms,
}

/// A policy set with the text of all its files.
#[derive(Clone, Debug)]
pub struct PolicySet {
    policies: Vec<Text>,
    /// Policies whose `input` is the task definition alone.
    on_task_definition: Vec<Text>,
    data: Vec<Text>,
    levels: Levels,
    terms: Arc<Terms>,
    namespace: String,
    hash: String,
}

impl Recipe {
    /// Reads all `*.rego`, `*.json`, `*.yaml` and `*.yml` files of the sources,
    /// in the order of their names. Hidden files are skipped. `fetched` has the
    /// files of each source that is in a bucket.
    ///
    /// # Errors
    ///
    /// Every source that cannot be read, is too large or has no policy, and
    /// every error in the terms.
    pub fn read(&self, fetched: &[Fetched]) -> Result<PolicySet, SetProblem> {
        let mut reader = Reader::default();
        for source in &self.sources {
            let before = reader.policies.len();
            let mut only_data = false;
            match source {
                Source::Path(path) => {
                    only_data = is_data(path);
                    reader.read(path, 0);
                }
                Source::Bucket(_) => {
                    let found = fetched.iter().find(|fetched| fetched.source == *source);
                    let files = found.map(|fetched| fetched.files.clone());
                    files
                        .unwrap_or_default()
                        .into_iter()
                        .for_each(|file| reader.add(file));
                }
            }
            if reader.policies.len() == before && reader.problems.is_empty() && !only_data {
                reader
                    .problems
                    .push(format!("{source}: there is no *.rego file"));
            }
        }
        let terms = self
            .terms
            .as_deref()
            .map_or_else(|| Ok(Terms::default()), Terms::read);
        let mut terms = terms.unwrap_or_else(|SetProblem(problems)| {
            reader.problems.extend(problems);
            Terms::default()
        });
        terms.add_controls(&self.also);
        let levels = terms.levels(&self.levels).unwrap_or_else(|problems| {
            reader.problems.extend(problems);
            Levels::new()
        });
        if reader.problems.is_empty() {
            let unused = unused(&terms.places, &reader.policies);
            reader.problems.extend(unused);
            // Otherwise the evaluating process compares them with the rules.
            if reader.policies.is_empty() {
                let unknown = rule_levels::unknown(&terms.rules, &[]);
                reader.problems.extend(unknown);
            }
        }
        if !reader.problems.is_empty() {
            return Err(SetProblem(reader.problems));
        }
        let is_on_document =
            |file: &Text| input_of(&terms.places, &file.path) == InputKind::Document;
        let (policies, on_task_definition) = reader.policies.into_iter().partition(is_on_document);
        reader.policies = policies;
        for control in CONTROLS.iter().filter(|c| levels.contains_key(c.id)) {
            reader.policies.push(control.text());
        }
        let mut set = PolicySet {
            policies: reader.policies,
            on_task_definition,
            data: reader.data,
            levels,
            terms: Arc::new(terms),
            namespace: self.namespace.clone(),
            hash: String::new(),
        };
        set.hash = set.digest();
        Ok(set)
    }
}

impl PolicySet {
    /// Reads a set from paths, without terms.
    ///
    /// # Errors
    ///
    /// As [`Recipe::read`].
    pub fn read(paths: &[PathBuf], namespace: &str, levels: &Levels) -> Result<Self, SetProblem> {
        let recipe = Recipe {
            sources: paths.iter().cloned().map(Source::Path).collect(),
            namespace: namespace.to_owned(),
            levels: levels.clone(),
            ..Recipe::default()
        };
        recipe.read(&[])
    }

    /// The beginning of the SHA-256 of everything that affects a decision. It
    /// identifies the set in the log.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Whether nothing in the set can refuse a release.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.has_rules() && self.terms.programs.is_empty() && self.terms.artifact_policy.is_none()
    }

    /// Whether there is any rule to evaluate.
    pub(super) fn has_rules(&self) -> bool {
        !self.policies.is_empty() || !self.on_task_definition.is_empty()
    }

    pub(super) fn terms(&self) -> &Terms {
        &self.terms
    }

    /// A sentence about each exemption that can apply to no finding. The names in
    /// findings of programs and of artifacts' own rules are not known.
    pub(super) fn idle_exemptions(&self) -> Vec<String> {
        if !self.terms.programs.is_empty() || self.terms.artifact_policy.is_some() {
            return Vec::new();
        }
        let files = self.policies.iter().chain(&self.on_task_definition);
        let files = files.chain(&self.data);
        let mut texts: Vec<&str> = files.map(|file| file.text.as_str()).collect();
        let controls = CONTROLS.iter().map(|control| control.id);
        texts.extend(controls.clone());
        let exemptions = self.terms.exemptions.iter();
        exemptions
            .filter(|exemption| !exemption.may_apply(&texts))
            .map(|exemption| {
                let rule = &exemption.rule;
                let meant = nearest(rule, controls.clone())
                    .map(|control| format!("; did you mean `{control}`?"));
                format!(
                    "exemption from `{rule}`: no control and no rule of the set has this name{}",
                    meant.unwrap_or_default()
                )
            })
            .collect()
    }

    /// Whether there are rules besides the shipped controls.
    pub(super) fn has_own_rules(&self) -> bool {
        self.policies.len() + self.on_task_definition.len() > self.levels.len()
    }

    /// The question for an evaluation of this set. Test files are included only
    /// for the tasks that load or run them.
    #[must_use]
    pub fn question(&self, task: Task) -> Question {
        let with_tests = matches!(task, Task::Load | Task::Test);
        let takes_part = |file: &&Text| with_tests || !is_test(&file.path);
        let levels = CONTROLS
            .iter()
            .filter_map(|control| Some((control.package(), *self.levels.get(control.id)?)));
        let taking_part = |files: &[Text]| files.iter().filter(takes_part).cloned().collect();
        Question {
            on_task_definition: taking_part(&self.on_task_definition),
            data: self.data.clone(),
            controls: levels.collect(),
            parameters: self.terms.parameters.clone(),
            rules: self.terms.rules.clone(),
            ..Question::new(task, &self.namespace, taking_part(&self.policies))
        }
    }

    /// The question for an artifact's own policies. They are evaluated apart
    /// from the set, so that they can add findings but not suppress any.
    pub(super) fn own_question(&self, policies: Vec<Text>) -> Question {
        Question::new(Task::Evaluate, &self.namespace, policies)
    }

    fn digest(&self) -> String {
        let question = self.question(Task::Load);
        let mut text = serde_json::to_vec(&question).expect("texts and levels serialise");
        text.extend(format!("{:?}", self.terms).into_bytes());
        hex::encode(&Sha256::digest(text)[..8])
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::policy::files::{MAX_DEPTH, MAX_DIRECTORIES, MAX_FILE_BYTES, MAX_FILES};

    const RULE: &str = "package main\n";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        folder
    }

    fn read(files: &[(&str, &str)]) -> Result<PolicySet, SetProblem> {
        let folder = folder(files);
        let paths = [folder.path().to_owned()];
        PolicySet::read(&paths, DEFAULT_NAMESPACE, &Levels::new())
    }

    #[test]
    fn tests_and_hidden_files_never_decide() {
        let files = [
            ("a.rego", RULE),
            ("deep/b.rego", RULE),
            ("deep/b_test.rego", RULE),
            (".hidden.rego", RULE),
            ("CAPITALS.REGO", RULE),
            ("c.yaml", "a: 1"),
            ("d.JSON", "{\"d\": 1}"),
            ("README.md", "# Read me"),
        ];
        let set = read(&files).expect("a set");
        let counts = |task| {
            let question = set.question(task);
            (question.policies.len(), question.data.len())
        };
        assert_eq!(counts(Task::Evaluate), (3, 2));
        assert_eq!(counts(Task::Test), (4, 2));
    }

    #[test]
    fn an_exemption_that_no_rule_can_have_is_named() {
        let rule = "package main\ndeny contains {\"msg\": \"m\", \"rule\": name} if name := data.names[_]\n";
        let folder = folder(&[
            ("a.rego", rule),
            ("names.json", "{\"names\": [\"no-shell\"]}"),
        ]);
        let terms = tempfile::NamedTempFile::new().expect("a file");
        let idle = |rule: &str| {
            let exemption = format!(
                "[[exemptions]]\nrule = \"{rule}\"\nreason = \"r\"\nuntil = \"2099-12-31\"\n"
            );
            fs::write(terms.path(), exemption).expect("written");
            let recipe = Recipe {
                sources: vec![Source::Path(folder.path().to_owned())],
                namespace: DEFAULT_NAMESPACE.to_owned(),
                terms: Some(terms.path().to_owned()),
                ..Recipe::default()
            };
            recipe.read(&[]).expect("a set").idle_exemptions()
        };
        for known in ["main.deny", "*.deny", "no-*", "no-shell", "non-root"] {
            assert_eq!(idle(known), [""; 0], "{known}");
        }
        assert_eq!(
            idle("non-roots"),
            [
                "exemption from `non-roots`: no control and no rule of the set has this name; did you \
              mean `non-root`?"
            ]
        );
        assert_eq!(idle("main.denied").len(), 1);
    }

    #[test]
    fn a_place_without_policies_is_no_set() {
        assert!(read(&[("c.yaml", "a: 1")]).is_err());
        let nowhere = [PathBuf::from("/no/such/place")];
        assert!(PolicySet::read(&nowhere, DEFAULT_NAMESPACE, &Levels::new()).is_err());
    }

    #[test]
    fn pipes_and_symlink_loops_are_not_followed() {
        let folder = folder(&[("a.rego", RULE), ("deep/b.rego", RULE)]);
        let read = || {
            let paths = [folder.path().to_owned()];
            PolicySet::read(&paths, DEFAULT_NAMESPACE, &Levels::new())
        };
        let pipe = folder.path().join("pipe.rego");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo is there").success());
        let SetProblem(problems) = read().expect_err("nobody writes into it");
        assert!(problems[0].ends_with("pipe.rego: is neither a file nor a directory"));
        fs::remove_file(pipe).expect("removed");

        for name in ["deep/back", "deep/again", "deep/once-more"] {
            std::os::unix::fs::symlink("..", folder.path().join(name)).expect("a link");
        }
        let SetProblem(problems) = read().expect_err("it has no end");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].ends_with("remove a link that leads back to its own directory"));
    }

    #[test]
    fn directories_are_bounded_in_number_and_depth() {
        let chain = |depth: usize| format!("{}a.rego", "d/".repeat(depth));
        assert!(read(&[(&chain(MAX_DEPTH - 1), RULE)]).is_ok());
        assert!(read(&[(&chain(MAX_DEPTH), RULE)]).is_err());

        let wide = folder(&[("a.rego", RULE)]);
        let paths = [wide.path().to_owned()];
        let read = || PolicySet::read(&paths, DEFAULT_NAMESPACE, &Levels::new());
        // The directory that is named counts as well.
        for n in 1..MAX_DIRECTORIES {
            fs::create_dir(wide.path().join(n.to_string())).expect("made");
        }
        assert!(read().is_ok());
        fs::create_dir(wide.path().join("one-more")).expect("made");
        let SetProblem(problems) = read().expect_err("one too many");
        assert_eq!(problems.len(), 1, "{problems:?}");
    }

    #[test]
    fn files_are_bounded_in_size_and_number() {
        let limit = usize::try_from(MAX_FILE_BYTES).expect("it is small");
        let longest = " ".repeat(limit);
        assert!(read(&[("a.rego", &longest)]).is_ok());
        assert!(read(&[("a.rego", &format!("{longest} "))]).is_err());

        let names: Vec<String> = (0..=MAX_FILES).map(|n| format!("{n}.rego")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), RULE)).collect();
        assert!(read(&files[..MAX_FILES]).is_ok());
        assert!(read(&files).is_err());

        let names: Vec<String> = (0..8).map(|n| format!("{n}.rego")).collect();
        let mut files: Vec<(&str, &str)> = names
            .iter()
            .map(|name| (name.as_str(), longest.as_str()))
            .collect();
        assert!(read(&files).is_ok());
        files.push(("z.rego", " "));
        assert!(read(&files).is_err());
    }
}
