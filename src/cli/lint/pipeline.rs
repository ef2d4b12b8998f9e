//! A pipeline's JSON, or that of its stage or action, and the action in it that
//! releases.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::builtin::{BUILT_IN, translate};
use super::declaration::{Declaration, Kind, Source};
use super::problem::Problem;
use super::rules::{Made, check, configuration_remarks, remark};
use crate::cli::bundle::{ACTION_FILE, Action, Enclosure, unpack};
use crate::cli::read_limited;
use crate::cli::remark::{Misuse, Remark};
use crate::job::Excerpt;
use crate::job::action_type::PROVIDER;
use crate::job::offer::PipelineContext;
use crate::messages::finding;
use crate::release::bundle::MAX_FILE_BYTES;
use crate::release::finding::Place;

/// A checked pipeline, or a part of one.
pub(in crate::cli) struct Pipeline {
    file: PathBuf,
    remarks: Vec<Remark>,
    /// The actions that release, or would with another provider.
    releasing: Vec<Declared>,
    wanted: Option<String>,
    /// Whether the configuration of a releasing action is not in the file,
    /// because only CloudFormation can compute it.
    is_hidden: bool,
}

/// An action of the pipeline.
pub(in crate::cli) struct Declared {
    pub(in crate::cli) action: Action,
    /// The pipeline and stage, and the ARN if the metadata have it.
    pub(in crate::cli) context: PipelineContext,
    /// The action that produces each artifact.
    pub(in crate::cli) makers: BTreeMap<String, String>,
}

/// Whether the file is Terraform code.
fn is_terraform(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is_terraform = |line: &str| {
        let mut words = line.split_whitespace();
        let kinds = [
            "resource",
            "stage",
            "module",
            "data",
            "provider",
            "variable",
            "locals",
            "terraform",
        ];
        words.next().is_some_and(|word| kinds.contains(&word)) && line.trim_end().ends_with('{')
    };
    !text.starts_with(['{', '[']) && text.lines().any(is_terraform)
}

fn makers(made: &[Made]) -> BTreeMap<String, String> {
    let pairs = made.iter().flat_map(|made| {
        let outputs = made.outputs.iter().cloned();
        outputs.map(|output| (output, made.action.clone()))
    });
    pairs.collect()
}

impl Pipeline {
    /// Reads and checks the action that a bundle declares in its `action.json`.
    /// `None` if it declares none, and `wanted` names none.
    pub(in crate::cli) fn of_bundle(
        bundle: &Path,
        wanted: Option<&str>,
    ) -> Result<Option<Self>, Misuse> {
        let file = bundle.join(ACTION_FILE);
        let leads_out = || Enclosure::of(bundle).is_ok_and(|it| it.is_left_by(&file));
        if file.is_file() && !leads_out() {
            return Self::read(&file, wanted).map(Some);
        }
        let archived = match bundle.is_dir() {
            true => None,
            false => match unpack(bundle) {
                Ok((mut files, _)) => files.remove(ACTION_FILE),
                // Reading the bundle reports this.
                Err(_) => return Ok(None),
            },
        };
        match (archived, wanted) {
            (Some(bytes), _) => Ok(Some(Self::parse(&file, &bytes, wanted))),
            (None, Some(wanted)) => Err(Misuse(format!(
                "{} has no {ACTION_FILE} in which {wanted} could be; save the output of \
                 `aws codepipeline get-pipeline --name NAME` as that file",
                bundle.display()
            ))),
            (None, None) => Ok(None),
        }
    }

    /// Reads and checks a file that `aws codepipeline get-pipeline` printed,
    /// with or without the metadata around the pipeline, or one that has only a
    /// stage or an action of it.
    pub(in crate::cli) fn read(file: &Path, wanted: Option<&str>) -> Result<Self, Misuse> {
        let bytes = read_limited(file, MAX_FILE_BYTES);
        let bytes = bytes
            .map_err(|problem| Misuse(format!("{} cannot be read: {problem}", file.display())))?;
        Ok(Self::parse(file, &bytes, wanted))
    }

    pub(in crate::cli) fn parse(file: &Path, bytes: &[u8], wanted: Option<&str>) -> Self {
        let mut pipeline = Self {
            file: file.to_owned(),
            remarks: Vec::new(),
            releasing: Vec::new(),
            wanted: wanted.map(str::to_owned),
            is_hidden: false,
        };
        if is_terraform(bytes) {
            pipeline.add(file, Problem::not_a_pipeline("Terraform"));
            return pipeline;
        }
        match Source::parse(file, bytes) {
            Ok(source) => pipeline.lint_all(file, source),
            Err(findings) => pipeline.remarks.extend(findings.iter().map(|found| {
                let place = Place {
                    artifact: None,
                    ..found.place.clone()
                };
                let words = finding::words(&found.kind);
                Remark::new(found.severity, "pipeline", &place, file, words).with_source(bytes)
            })),
        }
        pipeline
    }

    fn lint_all(&mut self, file: &Path, source: Source) {
        let sources = source.pipelines();
        if sources.is_empty() {
            let found = "a CloudFormation template without a pipeline";
            self.add(file, Problem::not_a_pipeline(found));
            return;
        }
        let kind = sources
            .first()
            .map(|source| Kind::of(&source.document.value));
        let releasing = sources.into_iter().map(|source| self.lint(file, source));
        if releasing.sum::<usize>() > 0 {
            return;
        }
        let problem = match kind.unwrap_or(Kind::Other) {
            Kind::Pipeline => Problem::no_action("pipeline"),
            Kind::Stage => Problem::no_action("stage"),
            Kind::Configuration => Problem::not_a_pipeline(
                "the configuration of an action without its input artifacts",
            ),
            Kind::Action | Kind::Other => Problem::not_a_pipeline("JSON of another kind"),
        };
        self.add(file, problem);
    }

    /// Adds a problem of the file as a whole.
    fn add(&mut self, file: &Path, problem: Problem) {
        let Problem { severity, words } = problem;
        let place = Place::default();
        self.remarks
            .push(Remark::new(severity, "pipeline", &place, file, words));
    }

    /// Lints one pipeline. Returns how many of its actions release.
    fn lint(&mut self, file: &Path, source: Source) -> usize {
        let all = Declaration::all(source);
        let releases = |action: &&Declaration| {
            action.is_alone() || [PROVIDER, BUILT_IN].contains(&action.provider())
        };
        for declaration in all.iter().filter(releases) {
            let others = all
                .iter()
                .filter(|other| !std::ptr::eq(*other, declaration));
            let made = others.map(|other| Made {
                action: other.name().to_owned(),
                outputs: other.outputs(),
                is_before: other.runs_before(declaration),
            });
            let made: Vec<Made> = made.collect();
            self.lint_action(file, declaration, &made);
        }
        all.iter().filter(releases).count()
    }

    fn lint_action(&mut self, file: &Path, declaration: &Declaration, made: &[Made]) {
        let mut configuration = declaration.configuration();
        let is_built_in = declaration.provider() == BUILT_IN;
        let action = Excerpt::of(declaration.name());
        let whole = declaration.member("configuration");
        let unknown = declaration.unknown_members();
        if !unknown.is_empty() {
            let problem = Problem::not_literal(&action, &unknown);
            self.remarks.push(remark(declaration, problem, &whole));
        }
        if is_built_in {
            let place = declaration.member("actionTypeId");
            let problem = Problem::built_in(&action);
            self.remarks.push(remark(declaration, problem, &place));
        }
        for (problem, property) in translate(&mut configuration, is_built_in) {
            let place = property.map(|property| declaration.property(&property));
            let place = place.as_ref().unwrap_or(&whole);
            self.remarks.push(remark(declaration, problem, place));
        }
        self.remarks.extend(check(declaration, made));
        if !declaration.has_configuration() {
            self.is_hidden = true;
            return;
        }
        let action = Action {
            name: declaration.name().to_owned(),
            engine: declaration.engine(),
            configuration,
            inputs: declaration.inputs(),
        };
        if let Err(problems) = action.request() {
            let remarks = configuration_remarks(&problems, Some(declaration), file);
            self.remarks.extend(remarks);
        }
        self.releasing.push(Declared {
            action,
            context: declaration.context(),
            makers: makers(made),
        });
    }

    /// All remarks about the pipeline.
    pub(in crate::cli) fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// The action to release with; `None` if the pipeline has none, which its
    /// remarks report.
    pub(in crate::cli) fn action(&self) -> Result<Option<&Declared>, Misuse> {
        let wanted = self.wanted.as_deref();
        let is_wanted = |one: &&Declared| wanted.is_none_or(|wanted| one.is_called(wanted));
        let found: Vec<&Declared> = self.releasing.iter().filter(is_wanted).collect();
        let file = self.file.display();
        match (found.as_slice(), wanted) {
            ([only], _) => Ok(Some(only)),
            ([], Some(wanted)) if !self.releasing.is_empty() => Err(Misuse(format!(
                "{file} has no action {wanted} that releases; those that do are {}",
                paths(self.releasing.iter())
            ))),
            ([], _) if self.is_hidden => Err(Misuse(
                "only CloudFormation knows the action's configuration; give the deployed \
                 pipeline, as `aws codepipeline get-pipeline` prints it"
                    .to_owned(),
            )),
            ([], _) => Ok(None),
            (several, _) => Err(Misuse(format!(
                "{file} has several actions that release ({}); choose one with --action",
                paths(several.iter().copied())
            ))),
        }
    }
}

impl Declared {
    /// Whether `wanted` is the action's name, optionally with its stage, or its
    /// pipeline and stage, before it. None of these names can contain a slash.
    fn is_called(&self, wanted: &str) -> bool {
        let path = self.path();
        path == wanted
            || path
                .strip_suffix(wanted)
                .is_some_and(|rest| rest.ends_with('/'))
    }

    fn path(&self) -> String {
        let PipelineContext {
            pipeline, stage, ..
        } = &self.context;
        // A stage or an action alone does not know what it is part of.
        let parts = [pipeline, stage, &self.action.name];
        let known: Vec<&str> = parts
            .into_iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        known.join("/")
    }
}

fn paths<'a>(all: impl Iterator<Item = &'a Declared>) -> String {
    let paths: Vec<String> = all.map(Declared::path).collect();
    paths.join(", ")
}
