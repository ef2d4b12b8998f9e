//! The action's configuration: its meaning, and the message for each mistake.

mod ecs;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::images::parse_images;
use super::parse::Source;
use super::*;
use crate::job::Engine;
use crate::messages::configuration::words;

const INPUTS: [&str; 3] = ["SourceArtifact", "BuildOutput", "Sidecars"];

/// A complete configuration with `changes`. An empty value unsets the property.
fn configuration(changes: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut configuration: BTreeMap<String, String> = [
        ("ApplicationName", "web"),
        ("DeploymentGroupName", "web-blue-green"),
        ("TaskDefinitionTemplateArtifact", "SourceArtifact"),
        ("AppSpecTemplateArtifact", "SourceArtifact"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    for (key, value) in changes {
        configuration.insert((*key).to_owned(), (*value).to_owned());
    }
    configuration
}

fn request(changes: &[(&str, &str)]) -> Request {
    Request::parse(&configuration(changes), &INPUTS).expect("should parse")
}

fn problems(changes: &[(&str, &str)]) -> Vec<String> {
    let parsed = Request::parse(&configuration(changes), &INPUTS);
    let problems = parsed.expect_err("should not parse");
    problems.iter().map(|p| words(p).to_string()).collect()
}

fn file(artifact: &str, path: &str) -> FileRef {
    FileRef {
        artifact: artifact.to_owned(),
        path: path.to_owned(),
    }
}

#[test]
fn four_properties_are_enough() {
    let request = request(&[]);
    assert_eq!(
        request.task_definition,
        file("SourceArtifact", "taskdef.json")
    );
    assert_eq!(
        request.app_spec,
        Some(file("SourceArtifact", "appspec.yaml"))
    );
    assert!(request.images.is_empty());
    assert_eq!(request.options, Options::default());
}

#[test]
fn the_built_in_image_and_further_ones_stand_in_order() {
    let request = request(&[
        ("Image1ArtifactName", "BuildOutput"),
        ("Image1ContainerName", "IMAGE1_NAME"),
        (
            "Images",
            "PROXY = Sidecars/proxy/imageDetail.json ,\n LOGS=Sidecars",
        ),
    ]);
    let expected = [
        ("IMAGE1_NAME", file("BuildOutput", "imageDetail.json")),
        ("PROXY", file("Sidecars", "proxy/imageDetail.json")),
        ("LOGS", file("Sidecars", "imageDetail.json")),
    ]
    .map(|(name, file)| ImageRequest {
        name: name.to_owned(),
        file,
    });
    assert_eq!(request.images, expected);
}

#[test]
fn only_the_files_that_are_needed_are_asked_for() {
    let images = ("Images", "A=Sidecars,B=Sidecars,C=BuildOutput");
    let files = |options: &str| {
        let request = request(&[images, ("Options", options)]);
        let paths = request.files().into_iter().map(|file| file.path.clone());
        paths.collect::<Vec<_>>()
    };
    assert_eq!(
        files(""),
        [
            "imageDetail.json",
            "imageDetail.json",
            "appspec.yaml",
            "taskdef.json"
        ]
    );
    assert_eq!(files("TaskDefinition=FromAppSpec"), ["appspec.yaml"]);
}

#[test]
fn odd_but_good_configurations_are_taken() {
    request(&[("JobList", "what the service adds")]);
    request(&[("Images", " , ")]);
    request(&[("Image1ArtifactName", ""), ("Image1ContainerName", " ")]);
    request(&[("ApplicationName", " a+b=c,d@e-f_g.h ")]);
    let dotted = request(&[("TaskDefinitionTemplatePath", "./deploy/prod/task def.json")]);
    assert_eq!(dotted.task_definition.path, "deploy/prod/task def.json");
}

#[test]
fn every_slip_has_its_words() {
    for (property, value, expected) in [
        (
            "ApplicationName",
            "",
            "ApplicationName is missing → set it in the action's configuration",
        ),
        (
            "DeploymentGroupName",
            "arn:aws:codedeploy:x",
            "DeploymentGroupName: “arn:aws:codedeploy:x” cannot be the name of a CodeDeploy application or deployment group → give its name, not its ARN: 1 to 100 letters, digits and . _ + = , @ -",
        ),
        (
            "TaskDefinitionTemplateArtifact",
            "SourceArtefact",
            "TaskDefinitionTemplateArtifact: the action has no input artifact “SourceArtefact” → did you mean SourceArtifact? The action's input artifacts are SourceArtifact, BuildOutput and Sidecars",
        ),
        (
            "AppSpecTemplateArtifact",
            "Q",
            "AppSpecTemplateArtifact: the action has no input artifact “Q” → add Q to the action's input artifacts, which are SourceArtifact, BuildOutput and Sidecars",
        ),
        (
            "AppSpecTemplatePath",
            "../appspec.yaml",
            "AppSpecTemplatePath: “../appspec.yaml” is not a path inside an artifact → write it relative to the artifact's root, with / between folders and without ..",
        ),
        (
            "AppSpecTemplatePath",
            "deploy\\appspec.yaml",
            "AppSpecTemplatePath: “deploy\\appspec.yaml” is not a path inside an artifact → write it relative to the artifact's root, with / between folders and without ..",
        ),
        (
            "Image1ArtifactName",
            "BuildOutput",
            "Image1ArtifactName is set, but Image1ContainerName is not → set Image1ContainerName too, or remove Image1ArtifactName",
        ),
        (
            "Image1ContainerName",
            "IMAGE",
            "Image1ContainerName is set, but Image1ArtifactName is not → set Image1ArtifactName too, or remove Image1ContainerName",
        ),
        (
            "Images",
            "PROXY",
            "Images: “PROXY” is not an image → write NAME=Artifact or NAME=Artifact/path/to/imageDetail.json, with commas between images",
        ),
        (
            "Images",
            "A=",
            "Images: “A=” is not an image → write NAME=Artifact or NAME=Artifact/path/to/imageDetail.json, with commas between images",
        ),
        (
            "Images",
            "A=BuildOutput;B=BuildOutput",
            "Images: “A=BuildOutput;B=BuildOutput” is not an image → write NAME=Artifact or NAME=Artifact/path/to/imageDetail.json, with commas between images",
        ),
        (
            "Images",
            r#"["A=BuildOutput", "B=BuildOutput"]"#,
            r#"Images: “["A=BuildOutput", "B=BuildOutput"]” is not an image → write NAME=Artifact or NAME=Artifact/path/to/imageDetail.json, with commas between images"#,
        ),
        (
            "Images",
            "<PROXY>=Sidecars",
            "Images: “<PROXY>” cannot be the name of a placeholder → write what stands between < and > in the task definition, without < and >",
        ),
        (
            "Images",
            "A=Sidecars,A=BuildOutput",
            "Images: A is given twice → give every image its own name; one name may be used several times in the task definition",
        ),
        (
            "Images",
            "A=Sidecars/",
            "Images: “” is not a path inside an artifact → write it relative to the artifact's root, with / between folders and without ..",
        ),
        (
            "Options",
            "Timeot=1h",
            "Options: “Timeot” is not an option → did you mean Timeout?",
        ),
    ] {
        assert_eq!(
            problems(&[(property, value)]),
            [expected],
            "{property}={value}"
        );
    }
}

#[test]
fn what_is_too_much_has_its_words() {
    let images = "N=Sidecars,".repeat(MAX_IMAGES + 1);
    assert_eq!(
        problems(&[("Images", &images)]),
        [
            "Images: 41 images are given, and at most 40 are handled → remove the images that the task definition does not use"
        ]
    );
    let spaces = " ".repeat(MAX_PROPERTY_BYTES + 1);
    assert_eq!(
        problems(&[("ApplicationName", &spaces)]),
        ["ApplicationName has 102401 bytes, and at most 102400 are read → shorten it"]
    );
    let nothing = Request::parse(&configuration(&[]), &[]).expect_err("there are no artifacts");
    assert_eq!(
        words(&nothing[0]).to_string(),
        "TaskDefinitionTemplateArtifact: the action has no input artifact “SourceArtifact” → add SourceArtifact to the action's input artifacts; it has none"
    );
}

#[test]
fn all_problems_are_reported_at_once() {
    let found = problems(&[
        ("ApplicationName", ""),
        ("TaskDefinitionTemplateArtifact", "Nowhere"),
        ("AppSpecTemplatePath", "/etc/passwd"),
        ("Image1ContainerName", "IMAGE"),
        ("Images", "A=Nowhere/../x"),
        ("Options", "A=B;C=D"),
    ]);
    insta::assert_snapshot!(found.join("\n"), @r"
    ApplicationName is missing → set it in the action's configuration
    TaskDefinitionTemplateArtifact: the action has no input artifact “Nowhere” → add Nowhere to the action's input artifacts, which are SourceArtifact, BuildOutput and Sidecars
    AppSpecTemplatePath: “/etc/passwd” is not a path inside an artifact → write it relative to the artifact's root, with / between folders and without ..
    Image1ContainerName is set, but Image1ArtifactName is not → set Image1ArtifactName too, or remove Image1ContainerName
    Images: the action has no input artifact “Nowhere” → add Nowhere to the action's input artifacts, which are SourceArtifact, BuildOutput and Sidecars
    Images: “../x” is not a path inside an artifact → write it relative to the artifact's root, with / between folders and without ..
    Options: “A” is not an option → the options are CompleteWhen, WhenBusy, Timeout, OnTimeout, OnAbandon, OnTaskFailure, ContinueWhenReady, DeploymentConfigName, TaskDefinition, CapacityProviders, PinDigest, SkipIfUnchanged and RoleArn
    Options: “C” is not an option → the options are CompleteWhen, WhenBusy, Timeout, OnTimeout, OnAbandon, OnTaskFailure, ContinueWhenReady, DeploymentConfigName, TaskDefinition, CapacityProviders, PinDigest, SkipIfUnchanged and RoleArn
    ");
}

#[test]
fn bounds_hold_at_their_edges() {
    let one = |changes: &[(&str, &str)], property: &str| {
        let found = problems(changes);
        assert!(
            found.len() == 1 && found[0].starts_with(property),
            "{found:?}"
        );
    };
    request(&[("ApplicationName", &"a".repeat(100))]);
    one(
        &[("ApplicationName", &"a".repeat(101))],
        "ApplicationName: ",
    );

    let images = |count: usize| {
        let items: Vec<String> = (0..count).map(|n| format!("N{n}=Sidecars")).collect();
        items.join(",")
    };
    request(&[("Images", &images(MAX_IMAGES))]);
    one(&[("Images", &images(MAX_IMAGES + 1))], "Images: ");

    let image = |length: usize| format!("{}=Sidecars", "n".repeat(length));
    request(&[("Images", &image(100))]);
    one(&[("Images", &image(101))], "Images: ");

    request(&[("AppSpecTemplatePath", &"p".repeat(1000))]);
    one(
        &[("AppSpecTemplatePath", &"p".repeat(1001))],
        "AppSpecTemplatePath: ",
    );

    let config = |length: usize| format!("DeploymentConfigName={}", "d".repeat(length));
    request(&[("Options", &config(100))]);
    one(&[("Options", &config(101))], "Options: ");

    request(&[("Options", &" ".repeat(MAX_PROPERTY_BYTES))]);
    one(
        &[("Options", &" ".repeat(MAX_PROPERTY_BYTES + 1))],
        "Options has ",
    );
}

prop_compose! {
    fn any_image()(
        name in "[A-Za-z0-9_.-]{1,20}",
        artifact in prop::sample::select(INPUTS.to_vec()),
        path in prop::option::of("[a-z]{1,8}(/[A-Za-z0-9.=]{3,10}){0,2}"),
    ) -> ImageRequest {
        let path = path.unwrap_or_else(|| DEFAULT_IMAGE_FILE.to_owned());
        ImageRequest { name, file: file(artifact, &path) }
    }
}

proptest! {
    #[test]
    fn images_are_read_as_they_are_written(images in prop::collection::vec(any_image(), 0..6)) {
        let items = images.iter().map(|ImageRequest { name, file }| match file.path.as_str() {
            DEFAULT_IMAGE_FILE => format!("{name}={}", file.artifact),
            path => format!("{name}={}/{path}", file.artifact),
        });
        let text = items.collect::<Vec<_>>().join(",");
        prop_assert_eq!(parse_images(&text, &INPUTS, Source::Job), Ok(images));
    }

    #[test]
    fn no_text_makes_the_parser_panic(images in ".{0,200}", path in ".{0,60}") {
        let changes = configuration(&[("Images", &images), ("AppSpecTemplatePath", &path)]);
        let _ = Request::parse(&changes, &INPUTS);
    }
}

#[test]
fn a_declaration_may_hold_variables_wherever_a_value_stands() {
    let changes = [
        ("ApplicationName", "shop-#{variables.Stage}"),
        ("DeploymentGroupName", "#{variables.Stage}"),
        (
            "TaskDefinitionTemplatePath",
            "#{variables.Stage}/../taskdef.json",
        ),
        ("AppSpecTemplateArtifact", "#{variables.Artifact}"),
        ("Images", "SIDECAR=#{variables.Artifact}, #{variables.More}"),
        (
            "Options",
            "Timeout=#{variables.Wait}; #{variables.Options}; WhenBusy=Fail",
        ),
    ];
    let configuration = configuration(&changes);
    let declared = Request::parse_declaration(Engine::CodeDeploy, &configuration, &INPUTS)
        .expect("it is fine");
    let application = &declared.target.properties()[0].1;
    assert_eq!(application, "shop-#{variables.Stage}");
    assert_eq!(declared.app_spec.unwrap().artifact, INPUTS[0]);
    assert_eq!(
        declared.options.timeout,
        crate::job::options::DEFAULT_TIMEOUT
    );
    assert_eq!(
        declared.options.when_busy,
        crate::job::options::WhenBusy::Fail
    );
    // In a job, variables are ordinary text.
    insta::assert_snapshot!(problems(&changes).join("\n"), @r"
    ApplicationName: “shop-#{variables.Stage}” cannot be the name of a CodeDeploy application or deployment group → give its name, not its ARN: 1 to 100 letters, digits and . _ + = , @ -
    DeploymentGroupName: “#{variables.Stage}” cannot be the name of a CodeDeploy application or deployment group → give its name, not its ARN: 1 to 100 letters, digits and . _ + = , @ -
    TaskDefinitionTemplatePath: “#{variables.Stage}/../taskdef.json” is not a path inside an artifact → write it relative to the artifact's root, with / between folders and without ..
    AppSpecTemplateArtifact: the action has no input artifact “#{variables.Artifact}” → add #{variables.Artifact} to the action's input artifacts, which are SourceArtifact, BuildOutput and Sidecars
    Images: the action has no input artifact “#{variables.Artifact}” → add #{variables.Artifact} to the action's input artifacts, which are SourceArtifact, BuildOutput and Sidecars
    Images: “#{variables.More}” is not an image → write NAME=Artifact or NAME=Artifact/path/to/imageDetail.json, with commas between images
    Options: Timeout “#{variables.Wait}” is not a duration → write a whole number and its unit, such as 90s, 20m or 23h
    Options: “#{variables.Options}” has no value → write Key=Value, with ; between pairs
    ");
}

#[test]
fn what_no_variable_could_mend_is_found_in_a_declaration_too() {
    let changes = [
        ("ApplicationName", ""),
        ("DeploymentGroupName", "#{variables}"),
        ("Options", "Timeoutt=#{variables.Wait}; OnTimeout=Maybe"),
    ];
    let configuration = configuration(&changes);
    let declared = Request::parse_declaration(Engine::CodeDeploy, &configuration, &INPUTS);
    let problems = declared.expect_err("it is not fine");
    let problems: Vec<String> = problems.iter().map(|p| words(p).to_string()).collect();
    insta::assert_snapshot!(problems.join("\n"), @r"
    ApplicationName is missing → set it in the action's configuration
    DeploymentGroupName: “#{variables}” cannot be the name of a CodeDeploy application or deployment group → give its name, not its ARN: 1 to 100 letters, digits and . _ + = , @ -
    Options: “Timeoutt” is not an option → did you mean Timeout?
    Options: OnTimeout cannot be “Maybe” → it takes Leave, Stop or Rollback
    ");
}
