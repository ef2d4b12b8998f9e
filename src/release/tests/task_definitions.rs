//! Task definitions that are valid JSON, but not valid for ECS.

use super::{Files, changes, compare};
use crate::release::task_definition::MAX_REGISTERED_BYTES;

#[test]
fn types_names_and_words_are_looked_at() {
    changes(&[
        (
            "\"256\"",
            "256",
            "error taskdef.json:6:10 cpu: ECS takes a string here, and this is a number → put it in quotes",
        ),
        (
            "8080}",
            "\"8080\"}",
            "error taskdef.json:13:42 containerDefinitions[0].portMappings[0].containerPort: ECS takes a whole number here, and this is a string → write a whole number without quotes",
        ),
        (
            "8080}",
            "80.5}",
            "error taskdef.json:13:42 containerDefinitions[0].portMappings[0].containerPort: ECS takes no such number here → write a whole number, at most 2147483647",
        ),
        (
            "8080}",
            "80805555555}",
            "error appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: the container web maps 80805555555, and traffic goes to 8080 → add containerPort 8080 to its portMappings, or change the port that traffic goes to\nerror taskdef.json:13:42 containerDefinitions[0].portMappings[0].containerPort: ECS takes no such number here → write a whole number, at most 2147483647",
        ),
        (
            "true",
            "\"true\"",
            "error taskdef.json:12:20 containerDefinitions[0].essential: ECS takes true or false here, and this is a string → write true or false without quotes",
        ),
        (
            "[\"FARGATE\"]",
            "\"FARGATE\"",
            "error taskdef.json:5:30 requiresCompatibilities: ECS takes a list here, and this is a string → write a list of strings, [\"…\", \"…\"]",
        ),
        (
            "[\"FARGATE\"]",
            "[\"fargate\"]",
            "warning taskdef.json:5:31 requiresCompatibilities[0]: “fargate” is not known here → did you mean FARGATE?",
        ),
        (
            "\"awsvpc\"",
            "\"aws-vpc\"",
            "error taskdef.json:4:18 networkMode: Fargate needs the network mode awsvpc, and this is “aws-vpc” → set networkMode to awsvpc\nwarning taskdef.json:4:18 networkMode: “aws-vpc” is not known here → did you mean awsvpc?",
        ),
        (
            "\"portMappings\": [{\"containerPort\": 8080}]",
            "\"portMappings\": {\"containerPort\": 8080}",
            "error taskdef.json:13:23 containerDefinitions[0].portMappings: ECS takes a list here, and this is an object → put it in [ ]",
        ),
        (
            "{\"containerPort\"",
            "null, {\"containerPort\"",
            "error taskdef.json:13:24 containerDefinitions[0].portMappings[0]: ECS takes an object here, and this is null → write { } with the members in it",
        ),
        (
            "\"essential\": true",
            "\"essentail\": false",
            "warning taskdef.json:12:7 containerDefinitions[0].essentail: “essentail” is not known, and is registered as it stands → did you mean essential?",
        ),
        (
            "\"essential\": true",
            "\"containerOverrides\": []",
            "note taskdef.json:12:7 containerDefinitions[0].containerOverrides: “containerOverrides” is not known to this worker, and is registered as it stands",
        ),
        (
            "\"essential\": true",
            "\"logConfiguration\": {\"logDriver\": \"awslog\"}",
            "warning taskdef.json:12:41 containerDefinitions[0].logConfiguration.logDriver: “awslog” is not known here → did you mean awslogs?",
        ),
        (
            "\"essential\": true",
            "\"dockerLabels\": {\"com.example/build\": 7}",
            "error taskdef.json:12:45 containerDefinitions[0].dockerLabels[\"com.example/build\"]: ECS takes a string here, and this is a number → put it in quotes",
        ),
        (
            "\"essential\": true",
            "\"environment\": [{\"name\": \"PORT\", \"value\": 8080}]",
            "error taskdef.json:12:49 containerDefinitions[0].environment[0].value: ECS takes a string here, and this is a number → put it in quotes",
        ),
        (
            "\"family\": \"web\",",
            "",
            "error taskdef.json:1:1 family: family is missing or empty → add family",
        ),
        (
            "\"family\": \"web\"",
            "\"family\": \"\"",
            "error taskdef.json:2:13 family: family is missing or empty → add family",
        ),
        (
            "\"name\": \"web\",",
            "",
            "error taskdef.json:9:5 containerDefinitions[0].name: name is missing or empty → add name",
        ),
    ]);
}

#[test]
fn placeholders_that_are_left_are_found() {
    changes(&[
        (
            "<IMAGE1_NAME>",
            "<IMAGE_NAME>",
            "error taskdef.json:11:16 containerDefinitions[0].image: <IMAGE_NAME> was not replaced → did you mean <IMAGE1_NAME>? The images of the action are IMAGE1_NAME",
        ),
        (
            "<IMAGE1_NAME>",
            "<CONTAINER>",
            "error taskdef.json:11:16 containerDefinitions[0].image: <CONTAINER> was not replaced → add it to the action's Images, which are IMAGE1_NAME\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        (
            "<IMAGE1_NAME>",
            "${REPOSITORY_URI}:latest",
            "error taskdef.json:11:16 containerDefinitions[0].image: ${REPOSITORY_URI} was not replaced → let the build replace it, or write <NAME> with the name of one of the action's images\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        (
            "<IMAGE1_NAME>",
            "Token[TOKEN.147]",
            "error taskdef.json:11:16 containerDefinitions[0].image: Token[TOKEN.147] was not replaced → let the build replace it, or write <NAME> with the name of one of the action's images\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        (
            "<IMAGE1_NAME>",
            "{{image}}",
            "error taskdef.json:11:16 containerDefinitions[0].image: {{image}} was not replaced → let the build replace it, or write <NAME> with the name of one of the action's images\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        (
            "<IMAGE1_NAME>",
            "REPOSITORY_URI:IMAGE_TAG",
            "error taskdef.json:11:16 containerDefinitions[0].image: “REPOSITORY_URI:IMAGE_TAG” has capital letters in its repository, as placeholders do and images do not → write the image in lower case, or as <NAME> for the action to replace\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        (
            "\"family\": \"web\"",
            "\"family\": \"${FAMILY}\"",
            "error taskdef.json:2:13 family: ${FAMILY} was not replaced → let the build replace it; the action replaces the names of its images only",
        ),
        (
            "role/ecsTaskExecutionRole",
            "role/<ROLE>",
            "error taskdef.json:3:23 executionRoleArn: <ROLE> was not replaced → let the build replace it; the action replaces the names of its images only",
        ),
        (
            "\"512\"",
            "\"<MEMORY>\"",
            "error taskdef.json:7:13 memory: <MEMORY> was not replaced → let the build replace it; the action replaces the names of its images only",
        ),
        (
            "\"essential\": true",
            "\"workingDirectory\": \"/srv/${APP}\"",
            "warning taskdef.json:12:27 containerDefinitions[0].workingDirectory: ${APP} was not replaced → let the build replace it; the action replaces the names of its images only",
        ),
        (
            "\"essential\": true",
            "\"environment\": [{\"name\": \"A\", \"value\": \"<SECRET_OF_MINE>\"}]",
            "warning taskdef.json:12:46 containerDefinitions[0].environment[0].value: the whole value looks like a placeholder that was not replaced → check whether the program expects it",
        ),
    ]);
}

#[test]
fn image_references_in_the_file_are_checked() {
    changes(&[
        (
            "<IMAGE1_NAME>",
            "https://example.com/web:1",
            "error taskdef.json:11:16 containerDefinitions[0].image: “https://example.com/web:1” is a URL → leave out what stands before and with ://\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        (
            "<IMAGE1_NAME>",
            "web image",
            "error taskdef.json:11:16 containerDefinitions[0].image: “web image” holds ' ', which no image has → write registry/repository:tag\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        (
            "<IMAGE1_NAME>",
            "Web:1",
            "error taskdef.json:11:16 containerDefinitions[0].image: “Web:1” has capital letters in its repository, as placeholders do and images do not → write the image in lower case, or as <NAME> for the action to replace\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        (
            "<IMAGE1_NAME>",
            "web:",
            "error taskdef.json:11:16 containerDefinitions[0].image: “web:” has no well-formed tag → write 1 to 128 letters, digits and _ . - behind the colon\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        (
            "<IMAGE1_NAME>",
            "web@sha256:abc",
            "error taskdef.json:11:16 containerDefinitions[0].image: “web@sha256:abc” has no well-formed digest → write sha256: and 64 hexadecimal digits behind the @\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        (
            "<IMAGE1_NAME>",
            "example.com/:1",
            "error taskdef.json:11:16 containerDefinitions[0].image: “example.com/:1” has no well-formed repository → write registry/repository:tag\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        (
            "<IMAGE1_NAME>",
            "",
            "error taskdef.json:11:16 containerDefinitions[0].image: image is missing or empty → add image\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
    ]);
}

#[test]
fn a_task_definition_may_have_64_kb_and_no_more() {
    let with_padding = |padding: usize| {
        let label = format!(
            "\"essential\": true, \"dockerLabels\": {{\"a\": \"{}\"}}",
            "x".repeat(padding)
        );
        Files::default().with("\"essential\": true", &label)
    };
    let bytes = |files: &Files| {
        let checked = crate::release::plan::check(&files.request(), &files.bundle());
        let rendered = checked.task_definition.expect("it renders");
        rendered.to_string().len()
    };
    let room = MAX_REGISTERED_BYTES - bytes(&with_padding(0));
    assert_eq!(with_padding(room).found(), "");
    compare([(
        "one byte more".to_owned(),
        with_padding(room + 1).found(),
        "error taskdef.json: the task definition has 65537 bytes, and ECS registers at most 65536 → move environment variables into environmentFiles, or large values into secrets",
    )]);
}

#[test]
fn five_mistakes_are_five_findings() {
    let files = Files::default()
        .with("\"256\"", "256")
        .with("<IMAGE1_NAME>", "<IMAGE1>")
        .with("ContainerName: web", "ContainerName: wep")
        .with("AfterInstall", "AfterInstal")
        .with("ImageURI", "imageUri");
    assert_eq!(files.found().lines().count(), 5, "{}", files.found());
}

#[test]
fn no_message_repeats_an_environment_value() {
    for value in [
        "\"hunter2\"",
        "{\"hunter2\": 1}",
        "[\"hunter2\"]",
        "\"<hunter2>\"",
        "\"${hunter2}\"",
        "\"hunter2",
        "'hunter2'",
        "hunter2",
        "0987654321",
        "\"a\"hunter2\"",
        "\"a\\hunter2\"",
    ] {
        let environment = format!("\"environment\": [{{\"name\": \"P\", \"value\": {value}}}]");
        let found = Files::default()
            .with("\"essential\": true", &environment)
            .found();
        assert!(
            !found.contains("hunter2") && !found.contains("987654321"),
            "{found}"
        );
    }
}
