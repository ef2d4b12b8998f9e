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
    Pipeline {
        is_wrapped: bool,
    },
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
            let is_wrapped = has("pipeline");
            Self::Pipeline { is_wrapped }
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

/// Where an action is in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// The file is the action.
    Alone,
    /// The file is a stage.
    InStage { action: usize },
    /// The file is a pipeline, with or without the metadata around it.
    InPipeline {
        is_wrapped: bool,
        stage: usize,
        action: usize,
    },
}

/// One action's declaration.
pub(super) struct Declaration {
    pub(super) source: Arc<Source>,
    pub(super) at: At,
}

impl Declaration {
    /// All actions of a file, in order.
    pub(super) fn all(source: Source) -> Vec<Self> {
        let source = Arc::new(source);
        let value = &source.document.value;
        let places: Vec<At> = match Kind::of(value) {
            Kind::Pipeline { is_wrapped } => {
                let pipeline = value.get("pipeline").unwrap_or(value);
                let stages = list(pipeline, "stages").iter().enumerate();
                let actions = |(stage, declared)| {
                    let actions = 0..list(declared, "actions").len();
                    actions.map(move |action| At::InPipeline {
                        is_wrapped,
                        stage,
                        action,
                    })
                };
                stages.flat_map(actions).collect()
            }
            Kind::Stage => {
                let actions = 0..list(value, "actions").len();
                actions.map(|action| At::InStage { action }).collect()
            }
            Kind::Action => vec![At::Alone],
            Kind::Configuration | Kind::Other => Vec::new(),
        };
        let declared = |at| Self {
            source: Arc::clone(&source),
            at,
        };
        places.into_iter().map(declared).collect()
    }

    fn value(&self) -> &Value {
        let whole = &self.source.document.value;
        match self.at {
            At::Alone => whole,
            At::InStage { action } | At::InPipeline { action, .. } => {
                &self.stage()["actions"][action]
            }
        }
    }

    /// The action's stage; null if the file has none.
    fn stage(&self) -> &Value {
        match self.at {
            At::Alone => &Value::Null,
            At::InStage { .. } => &self.source.document.value,
            At::InPipeline { stage, .. } => &self.pipeline()["stages"][stage],
        }
    }

    /// The action's pipeline; null if the file has none.
    fn pipeline(&self) -> &Value {
        let whole = &self.source.document.value;
        match self.at {
            At::Alone | At::InStage { .. } => &Value::Null,
            At::InPipeline {
                is_wrapped: true, ..
            } => &whole["pipeline"],
            At::InPipeline {
                is_wrapped: false, ..
            } => whole,
        }
    }

    /// Whether the action ends before the other begins: its stage is earlier,
    /// or its `runOrder` in the same stage is lower. An unknown `runOrder`
    /// counts as lower.
    pub(super) fn runs_before(&self, other: &Self) -> bool {
        let order = |one: &Self| one.value()["runOrder"].as_u64().unwrap_or(1);
        let is_known = |one: &Self| !template::has_unknown(&one.value()["runOrder"]);
        let may_be_before = || !is_known(self) || !is_known(other) || order(self) < order(other);
        match (self.at, other.at) {
            (At::InPipeline { stage: own, .. }, At::InPipeline { stage, .. }) => {
                own < stage || own == stage && may_be_before()
            }
            (At::InStage { .. }, At::InStage { .. }) => may_be_before(),
            (At::Alone | At::InStage { .. } | At::InPipeline { .. }, _) => true,
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
        self.with_action(|document, action| {
            let configuration = action.member("configuration");
            document.place_of_name(&configuration.member(name))
        })
    }

    /// The position of a member of the action.
    pub(super) fn member(&self, name: &str) -> Place {
        self.with_action(|document, action| document.place_of_name(&action.member(name)))
    }

    fn with_action(&self, look: impl FnOnce(&Document, &Path<'_>) -> Place) -> Place {
        let document = &self.source.document;
        let place = match self.at {
            At::Alone => look(document, &Path::ROOT),
            At::InStage { action } => {
                let actions = Path::ROOT.member("actions");
                look(document, &actions.index(action))
            }
            At::InPipeline {
                is_wrapped,
                stage,
                action,
            } => {
                let inner = Path::ROOT.member("pipeline");
                let pipeline = if is_wrapped { inner } else { Path::ROOT };
                let stages = pipeline.member("stages");
                let stage = stages.index(stage);
                let actions = stage.member("actions");
                look(document, &actions.index(action))
            }
        };
        // A file on this machine is in no artifact.
        Place {
            artifact: None,
            ..place
        }
    }
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
