//! Unusual input from real repositories that is accepted, with or without a
//! note.

use super::{APPSPEC, Files, IMAGE, TASKDEF, changes, compare};

#[test]
fn files_may_come_from_any_editor() {
    let all = |change: fn(&str) -> String| Files {
        taskdef: change(TASKDEF).into_bytes(),
        appspec: change(APPSPEC).into_bytes(),
        image: change(IMAGE).into_bytes(),
        options: String::new(),
    };
    for files in [
        all(|text| format!("\u{feff}{text}")),
        all(|text| text.replace('\n', "\r\n")),
        all(|text| format!("\u{feff}{}", text.replace('\n', "\r\n"))),
        all(|text| text.trim_end().to_owned()),
        all(|text| format!("\n\n{text}\n\n")),
    ] {
        assert_eq!(files.found(), "");
    }
}

#[test]
fn a_whole_number_not_in_digits_is_passed_on_with_a_warning() {
    changes(&[
        (
            "8080}",
            "8080.0}",
            "warning taskdef.json:13:42 containerDefinitions[0].portMappings[0].containerPort: ECS documents a whole number here, and this one is sent as it stands → write it in digits only",
        ),
        (
            "\"essential\": true",
            "\"essential\": true, \"memory\": 1.28e2",
            "warning taskdef.json:12:36 containerDefinitions[0].memory: ECS documents a whole number here, and this one is sent as it stands → write it in digits only",
        ),
    ]);
}

#[test]
fn leftovers_in_task_definitions_are_taken_off_with_a_note() {
    changes(&[
        (
            "\"family\"",
            "\"revision\": 7, \"family\"",
            "note taskdef.json:2:3 revision: left out, because only DescribeTaskDefinition returns it",
        ),
        (
            "\"family\"",
            "\"taskDefinitionArn\": \"arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7\", \"status\": \"ACTIVE\", \"family\"",
            "note taskdef.json:2:3 taskDefinitionArn: left out, because only DescribeTaskDefinition returns it\nnote taskdef.json:2:84 status: left out, because only DescribeTaskDefinition returns it",
        ),
        (
            "\"family\"",
            "\"requiresAttributes\": [{\"name\": \"x\"}], \"compatibilities\": [\"EC2\"], \"family\"",
            "note taskdef.json:2:3 requiresAttributes: left out, because only DescribeTaskDefinition returns it\nnote taskdef.json:2:42 compatibilities: left out, because only DescribeTaskDefinition returns it",
        ),
        (
            "\"family\"",
            "\"registeredAt\": \"2024-01-01T00:00:00Z\", \"registeredBy\": \"me\", \"family\"",
            "note taskdef.json:2:3 registeredAt: left out, because only DescribeTaskDefinition returns it\nnote taskdef.json:2:43 registeredBy: left out, because only DescribeTaskDefinition returns it",
        ),
        (
            "\"family\"",
            "\"taskRoleArn\": null, \"family\"",
            "note taskdef.json:2:18 taskRoleArn: left out, because it is null",
        ),
        (
            "\"essential\": true",
            "\"essential\": true, \"healthCheck\": {\"command\": [\"CMD\", \"x\"], \"interval\": null}",
            "note taskdef.json:12:79 containerDefinitions[0].healthCheck.interval: left out, because it is null",
        ),
        (
            "\"essential\": true",
            "\"essential\": true, \"command\": [], \"hostname\": \"\", \"dockerLabels\": {}",
            "",
        ),
        (
            "\"family\"",
            "\"tags\": [], \"volumes\": [], \"placementConstraints\": [], \"family\"",
            "",
        ),
        (
            "{\n  \"family\"",
            "// ours\n{\n  \"family\"",
            "note taskdef.json:1:1: comments were left out",
        ),
        (
            "\"essential\": true",
            "\"essential\": true /* always */",
            "note taskdef.json:12:25: comments were left out",
        ),
        (
            "\"family\"",
            "\"enableFaultInjection\": false, \"family\"",
            "",
        ),
        (
            "\"family\"",
            "\"somethingOfNextYear\": {\"a\": [1]}, \"family\"",
            "note taskdef.json:2:3 somethingOfNextYear: “somethingOfNextYear” is not known to this worker, and is registered as it stands",
        ),
        (
            "\"essential\": true",
            "\"essential\": true, \"environment\": [{\"name\": \"PATH\", \"value\": \"${HOME}/bin:{{x}}\"}]",
            "",
        ),
        (
            "\"essential\": true",
            "\"essential\": true, \"command\": [\"sh\", \"-c\", \"echo $A ${B} <c> > d\"]",
            "",
        ),
        (
            "<IMAGE1_NAME>",
            "<IMAGE1_NAME>\", \"dockerLabels\": {\"image\": \"<IMAGE1_NAME>\"}, \"user\": \"app",
            "",
        ),
        (
            "<IMAGE1_NAME>",
            "public.ecr.aws/nginx/nginx:1.27",
            "warning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        ("\"256\"", "\".25 vCPU\"", ""),
        ("\"512\"", "\"0.5GB\"", ""),
        ("\"512\"", "\"1 GB\"", ""),
        (
            "{\"containerPort\": 8080}",
            "{\"containerPort\": 8080}, {\"containerPortRange\": \"9000-9010\"}",
            "",
        ),
    ]);
}

#[test]
fn what_describe_answers_is_unwrapped() {
    let wrapped = format!(
        "{{\"taskDefinition\": {}, \"tags\": [{{\"key\": \"team\", \"value\": \"web\"}}], \"ResponseMetadata\": {{}}}}",
        TASKDEF.trim()
    );
    let files = Files {
        taskdef: wrapped.into_bytes(),
        ..Files::default()
    };
    compare([(
        "wrapped".to_owned(),
        files.found(),
        "note taskdef.json:1:2 taskDefinition: the enclosing taskDefinition was removed",
    )]);
    let rendered = crate::release::plan::check(&files.request(), &files.bundle());
    let value = rendered.task_definition.expect("it renders");
    assert_eq!(value["tags"][0]["key"], "team");
    assert_eq!(value["family"], "web");
}

#[test]
fn app_specs_of_all_sorts_are_taken_with_a_note() {
    changes(&[
        (
            "version: 0.0",
            "version: 1",
            "note appspec.yaml:1:10 version: “1” was read as 0.0, which is the only version",
        ),
        (
            "version: 0.0",
            "version: 0.2",
            "note appspec.yaml:1:10 version: “0.2” was read as 0.0, which is the only version",
        ),
        ("version: 0.0", "version: '0.0'", ""),
        ("version: 0.0", "version: 0", ""),
        (
            "version: 0.0\n",
            "",
            "note appspec.yaml:1:1: version 0.0 was added",
        ),
        ("version: 0.0", "---\nversion: 0.0", ""),
        ("version: 0.0", "# ours\nversion: 0.0 # the only one", ""),
        ("version: 0.0", "\"version\": 0.0", ""),
        ("Resources", "resources", ""),
        (
            "Resources",
            "RESOURCES",
            "note appspec.yaml:2:1 RESOURCES: read as Resources",
        ),
        (
            "TargetService",
            "targetService",
            "note appspec.yaml:4:7 Resources[0].targetService: read as TargetService",
        ),
        (
            "TargetService",
            "MyService",
            "note appspec.yaml:4:7 Resources[0].MyService: the resource “MyService” is sent as TargetService",
        ),
        ("Properties", "properties", ""),
    ]);
}

#[test]
fn any_placeholder_of_the_revision_is_replaced_with_a_note() {
    changes(&[
        ("<TASK_DEFINITION>", "'<TASK_DEFINITION>'", ""),
        (
            "<TASK_DEFINITION>",
            "<TASK_DEFINITION_ARN>",
            "note appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: “<TASK_DEFINITION_ARN>” is replaced with the new revision",
        ),
        (
            "<TASK_DEFINITION>",
            "\"#\"",
            "note appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: “#” is replaced with the new revision",
        ),
        (
            "<TASK_DEFINITION>",
            "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:6",
            "note appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: “arn:aws:ecs:eu-west-1:111122223333:task-definition/web:6” is replaced with the new revision",
        ),
        (
            "<TASK_DEFINITION>",
            "${REVISION}",
            "note appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: “${REVISION}” is replaced with the new revision",
        ),
        (
            "<TASK_DEFINITION>",
            "${Token[TOKEN.147]}",
            "note appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: “${Token[TOKEN.147]}” is replaced with the new revision",
        ),
        (
            "<TASK_DEFINITION>",
            "",
            "note appspec.yaml:6:9 Resources[0].TargetService.Properties: TaskDefinition was added with the new revision\nnote appspec.yaml:6:9 Resources[0].TargetService.Properties.TaskDefinition: left out, because it has no value",
        ),
        (
            "        TaskDefinition: <TASK_DEFINITION>\n",
            "",
            "note appspec.yaml:6:9 Resources[0].TargetService.Properties: TaskDefinition was added with the new revision",
        ),
    ]);
}

#[test]
fn properties_and_hooks_of_all_sorts_are_taken_with_a_note() {
    changes(&[
        (
            "ContainerPort: 8080",
            "ContainerPort: \"8080\"",
            "note appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: the port was read as a number",
        ),
        (
            "ContainerPort: 8080",
            "ContainerPort: 8080\n        PlatformVersion: LATEST",
            "",
        ),
        (
            "ContainerPort: 8080",
            "ContainerPort: 8080\n        NetworkConfiguration:",
            "note appspec.yaml:10:9 Resources[0].TargetService.Properties.NetworkConfiguration: left out, because it has no value",
        ),
        (
            "\n  - AfterInstall: smoke-test",
            "",
            "note appspec.yaml:10:6 Hooks: left out, because it names no function",
        ),
        (
            "\n  - AfterInstall: smoke-test",
            " []",
            "note appspec.yaml:10:8 Hooks: left out, because it names no function",
        ),
        (
            "AfterInstall: smoke-test",
            "AfterInstall:",
            "note appspec.yaml:11:17 Hooks[0].AfterInstall: left out, because it names no function",
        ),
        (
            "AfterInstall: smoke-test",
            "AfterInstall: ''",
            "note appspec.yaml:11:19 Hooks[0].AfterInstall: left out, because it names no function",
        ),
        (
            "AfterInstall: smoke-test",
            "afterInstall: smoke-test",
            "note appspec.yaml:11:19 Hooks[0].afterInstall: read as AfterInstall",
        ),
        (
            "  - AfterInstall: smoke-test",
            "  AfterInstall: smoke-test",
            "note appspec.yaml:11:3 Hooks: Hooks was read as a list",
        ),
        (
            "smoke-test",
            "arn:aws:lambda:eu-west-1:111122223333:function:smoke:live",
            "",
        ),
        (
            "smoke-test",
            "&f smoke-test\n  - BeforeAllowTraffic: *f",
            "",
        ),
        ("smoke-test", "smoke-test # checks the front page", ""),
        (
            "  - TargetService",
            "    TargetService",
            "note appspec.yaml:3:5 Resources: Resources was read as a list",
        ),
    ]);
}

#[test]
fn an_app_spec_may_be_json_with_any_name() {
    let json = r#"{
  "version": 0.0,
  "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {
    "TaskDefinition": "<TASK_DEFINITION>",
    "LoadBalancerInfo": {"ContainerName": "web", "ContainerPort": 8080}
  }}}]
}"#;
    let with = |text: String| Files {
        appspec: text.into_bytes(),
        ..Files::default()
    };
    compare(
        [
            ("JSON", with(json.to_owned()), ""),
            (
                "with comments",
                with(format!("// ours\n{json}")),
                "note appspec.yaml:1:1: comments were left out",
            ),
            ("YAML in braces", with(json.replace("}}}]", "}}},]")), ""),
        ]
        .map(|(name, files, expected)| (name.to_owned(), files.found(), expected)),
    );
}

#[test]
fn image_files_of_both_makers_are_taken() {
    for image in [
        r#"{"ImageURI": " web:1 "}"#,
        r#"{"ImageURI": "localhost:5000/team/web:1.0-rc.1"}"#,
        r#"{"ImageURI": "web:1", "commit": "abc"}"#,
        r#"{"ImageSizeInBytes": "46061110", "ImageDigest": "sha256:00", "Version": "1.0", "ImagePushedAt": "Mon Jan 21 20:04:00 UTC 2019", "RegistryId": "111122223333", "RepositoryName": "web", "ImageURI": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ImageTags": ["1.4"]}"#,
    ] {
        let files = Files {
            image: image.into(),
            ..Files::default()
        };
        assert_eq!(files.found(), "", "{image}");
    }
}
