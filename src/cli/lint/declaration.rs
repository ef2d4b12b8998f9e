//! An action's declaration and the positions of its parts in its file.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::builtin::BUILT_IN;
use super::template;
use crate::cli::bundle::engine;
use crate::job::action_type::PROPERTIES;
use crate::job::offer::PipelineContext;
use crate::job::request::FileRef;
use crate::job::{Engine, Excerpt};
use crate::release::bundle::Bundle;
use crate::release::cloudformation::resources;
use crate::release::document::{Document, Path, is_template};
use crate::release::finding::{Finding, Place, Severity};

/// A JSON file on this machine.
pub(super) struct Source {
    pub(super) file: PathBuf,
    pub(super) bytes: Vec<u8>,
    pub(super) document: Document,
}

impl Source {
    /// Parses JSON, with or without comments, or YAML that is a declaration or
    /// a CloudFormation template.
    pub(super) fn parse(file: &FilePath, bytes: &[u8]) -> Result<Self, Vec<Finding>> {
        let name = FileRef {
            artifact: String::new(),
            path: file.display().to_string(),
        };
        let mut bundle = Bundle::default();
        bundle.files.insert(name.clone(), Ok(bytes.to_owned()));
        let document = Document::json_or_wanted_yaml(&bundle, &name, |value| {
            let kind = Kind::of(value);
            is_template(value) || template::is_in_capitals(value) || kind != Kind::Other
        })?;
        let repeated: Vec<Finding> = document
            .repeated_members()
            .map(|finding| Finding {
                severity: Severity::Error,
                ..finding
            })
            .collect();
        if !repeated.is_empty() {
            return Err(repeated);
        }
        Ok(Self {
            file: file.to_owned(),
            bytes: bytes.to_owned(),
            document,
        })
    }

    /// The pipelines of a CloudFormation template, each as a source of its own.
    /// Any other file is one pipeline, or a part of one.
    pub(super) fn pipelines(self) -> Vec<Self> {
        if template::is_in_capitals(&self.document.value) {
            let document = template::in_small_letters(self.document);
            return vec![Self { document, ..self }];
        }
        if !is_template(&self.document.value) {
            return vec![self];
        }
        let all = resources(&self.document, "AWS::CodePipeline::Pipeline").into_iter();
        let source = |resource| Self {
            file: self.file.clone(),
            bytes: self.bytes.clone(),
            document: template::pipeline(resource),
        };
        all.map(source).collect()
    }
}

/// What a file declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A pipeline, with or without the metadata around it.
    Pipeline,
    Stage,
    Action,
    /// Only an action's configuration, which lacks its input artifacts.
    Configuration,
    Other,
}

impl Kind {
    pub(super) fn of(value: &Value) -> Self {
        let has = |member: &str| value.get(member).is_some();
        let properties = PROPERTIES.iter();
        if has("pipeline") || has("stages") {
            Self::Pipeline
        } else if has("actions") {
            Self::Stage
        } else if has("configuration") {
            Self::Action
        } else if properties.map(|property| property.name).any(has) {
            Self::Configuration
        } else {
            Self::Other
        }
    }
}

/// A step from the whole file towards an action.
#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Member(&'a str),
    Index(usize),
}

/// One action's declaration.
pub(super) struct Declaration {
    pub(super) source: Arc<Source>,
    /// The steps to the action: two from its stage, four from its pipeline, none
    /// if the file is the action.
    steps: Vec<Step<'static>>,
}

impl Declaration {
    /// All actions of a file, in order.
    pub(super) fn all(source: Source) -> Vec<Self> {
        let source = Arc::new(source);
        let value = &source.document.value;
        let actions = match Kind::of(value) {
            Kind::Pipeline => {
                let (pipeline, steps) = match value.get("pipeline") {
                    Some(pipeline) => (pipeline, vec![Step::Member("pipeline")]),
                    None => (value, Vec::new()),
                };
                let stages = items(pipeline, "stages", &steps).into_iter();
                let actions = stages.flat_map(|(stage, steps)| items(stage, "actions", &steps));
                actions.collect()
            }
            Kind::Stage => items(value, "actions", &[]),
            Kind::Action => vec![(value, Vec::new())],
            Kind::Configuration | Kind::Other => Vec::new(),
        };
        let declared = |(_, steps)| Self {
            source: Arc::clone(&source),
            steps,
        };
        actions.into_iter().map(declared).collect()
    }

    /// Whether the file is the action.
    pub(super) fn is_alone(&self) -> bool {
        self.steps.is_empty()
    }

    fn value(&self) -> &Value {
        self.around(0)
    }

    /// The action's stage; null if the file has none.
    fn stage(&self) -> &Value {
        self.around(2)
    }

    /// The action's pipeline; null if the file has none.
    fn pipeline(&self) -> &Value {
        self.around(4)
    }

    /// What is so many steps above the action; null if the file has no such
    /// thing.
    fn around(&self, steps: usize) -> &Value {
        let Some(left) = self.steps.len().checked_sub(steps) else {
            return &Value::Null;
        };
        let whole = &self.source.document.value;
        self.steps[..left]
            .iter()
            .fold(whole, |value, step| match step {
                Step::Member(name) => &value[*name],
                Step::Index(index) => &value[*index],
            })
    }

    /// The position of the action's stage in the pipeline.
    fn stage_index(&self) -> Option<usize> {
        match self.steps[..] {
            [.., Step::Index(stage), Step::Member(_), Step::Index(_)] => Some(stage),
            _ => None,
        }
    }

    /// Whether the action ends before the other begins: its stage is earlier,
    /// or its `runOrder` in the same stage is lower. An unknown `runOrder`
    /// counts as lower.
    pub(super) fn runs_before(&self, other: &Self) -> bool {
        let order = |one: &Self| one.value()["runOrder"].as_u64().unwrap_or(1);
        let is_known = |one: &Self| !template::has_unknown(&one.value()["runOrder"]);
        let may_be_before = || !is_known(self) || !is_known(other) || order(self) < order(other);
        match (self.stage_index(), other.stage_index()) {
            (Some(own), Some(others)) => own < others || own == others && may_be_before(),
            _ => may_be_before(),
        }
    }

    /// The members and properties of the action with values that only
    /// CloudFormation can compute.
    pub(super) fn unknown_members(&self) -> Vec<Excerpt> {
        template::unknown_members(self.value())
    }

    /// Whether the action's properties are in the file.
    pub(super) fn has_configuration(&self) -> bool {
        !template::is_unknown(self.text("configuration").unwrap_or_default())
    }

    /// Whether all artifacts that the pipeline's actions produce are known.
    pub(super) fn are_artifacts_known(&self) -> bool {
        let pipeline = self.pipeline();
        let is_unknown = |value: &Value| value.as_str().is_some_and(template::is_unknown);
        let stages = list(pipeline, "stages");
        let mut actions = stages.iter().flat_map(|stage| list(stage, "actions"));
        !pipeline.is_null()
            && !is_unknown(&pipeline["stages"])
            && !stages
                .iter()
                .any(|stage| is_unknown(stage) || is_unknown(&stage["actions"]))
            && !actions.any(|action| {
                is_unknown(action) || template::has_unknown(&action["outputArtifacts"])
            })
    }

    /// A member of the action, if it is a string.
    pub(super) fn text(&self, member: &str) -> Option<&str> {
        self.value()[member].as_str()
    }

    /// The Region of the pipeline's ARN, if the metadata have it.
    pub(super) fn pipeline_region(&self) -> Option<String> {
        let arn = self.context().pipeline_arn?;
        arn.split(':').nth(3).map(str::to_owned)
    }

    /// The action's name; empty if it has none.
    pub(super) fn name(&self) -> &str {
        self.value()["name"].as_str().unwrap_or_default()
    }

    pub(super) fn provider(&self) -> &str {
        self.type_id("provider")
    }

    /// A member of the action type's ID.
    pub(super) fn type_id(&self, member: &str) -> &str {
        let member = &self.value()["actionTypeId"][member];
        member.as_str().unwrap_or_default()
    }

    /// Which version's properties the action has.
    pub(super) fn engine(&self) -> Engine {
        let configuration = self.configuration();
        match self.provider() {
            BUILT_IN => Engine::CodeDeploy,
            _ => engine(self.type_id("version"), &configuration),
        }
    }

    /// The action's pipeline and stage.
    pub(super) fn context(&self) -> PipelineContext {
        let whole = &self.source.document.value;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        PipelineContext {
            pipeline: text(&self.pipeline()["name"]),
            stage: text(&self.stage()["name"]),
            action: self.name().to_owned(),
            pipeline_arn: whole["metadata"]["pipelineArn"].as_str().map(str::to_owned),
            pipeline_execution: None,
            action_execution: None,
        }
    }

    /// The configuration's properties that are strings.
    pub(super) fn configuration(&self) -> BTreeMap<String, String> {
        let members = self.value()["configuration"].as_object();
        let members = members.into_iter().flatten();
        members
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect()
    }

    /// The configuration's properties that are no strings.
    pub(super) fn not_text(&self) -> impl Iterator<Item = &str> {
        let members = self.value()["configuration"].as_object();
        let members = members.into_iter().flatten();
        let wrong = members.filter(|(_, value)| !value.is_string());
        wrong.map(|(key, _)| key.as_str())
    }

    /// Whether a property is there, but empty or no string, which [`check`]
    /// reports.
    ///
    /// [`check`]: super::rules::check
    pub(super) fn has_unusable(&self, property: &str) -> bool {
        let value = self.value()["configuration"].get(property);
        value.is_some_and(|value| value.as_str().is_none_or(str::is_empty))
    }

    pub(super) fn inputs(&self) -> Vec<String> {
        names(list(self.value(), "inputArtifacts"))
    }

    pub(super) fn outputs(&self) -> Vec<String> {
        names(list(self.value(), "outputArtifacts"))
    }

    /// The position of a property, or of the configuration that lacks it.
    pub(super) fn property(&self, name: &str) -> Place {
        self.place(&["configuration", name])
    }

    /// The position of a member of the action.
    pub(super) fn member(&self, name: &str) -> Place {
        self.place(&[name])
    }

    fn place(&self, members: &[&str]) -> Place {
        let members = members.iter().map(|name| Step::Member(name));
        let steps: Vec<Step<'_>> = self.steps.iter().copied().chain(members).collect();
        Place {
            // A file on this machine is in no artifact.
            artifact: None,
            ..place_of(&self.source.document, &steps, &Path::ROOT)
        }
    }
}

/// The position of what the steps lead to from `path`.
fn place_of(document: &Document, steps: &[Step<'_>], path: &Path<'_>) -> Place {
    match steps {
        [] => document.place_of_name(path),
        [Step::Member(name), rest @ ..] => place_of(document, rest, &path.member(name)),
        [Step::Index(index), rest @ ..] => place_of(document, rest, &path.index(*index)),
    }
}

/// The items of a list, each with the steps to it.
fn items<'a>(
    value: &'a Value,
    member: &'static str,
    above: &[Step<'static>],
) -> Vec<(&'a Value, Vec<Step<'static>>)> {
    let items = list(value, member).iter().enumerate();
    let steps = |index| [above, &[Step::Member(member), Step::Index(index)]].concat();
    items.map(|(index, item)| (item, steps(index))).collect()
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value
        .get(member)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn names(artifacts: &[Value]) -> Vec<String> {
    let names = artifacts.iter().filter_map(|item| item["name"].as_str());
    names.map(str::to_owned).collect()
}
