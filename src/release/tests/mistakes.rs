//! Mistakes from public repositories, reproduced in our own files.

use super::{Files, changes, compare};

#[test]
fn what_other_tools_leave_in_json_is_called_by_its_name() {
    changes(&[
        (
            "\"web\",\n  \"exec",
            "“web”,\n  \"exec",
            "error taskdef.json:2:13: curly quotes, which editors for prose put in → write straight double quotes",
        ),
        (
            "{\n  \"family\"",
            "\"family\"",
            "error taskdef.json:1:9: the braces around the whole document are missing → begin the file with { and end it with }",
        ),
        (
            "  \"family\"",
            "  # the name\n  \"family\"",
            "error taskdef.json:2:3: a comment with #, which JSON does not have → remove it, or write it with //",
        ),
        (
            "\"512\"",
            "$MEMORY",
            "error taskdef.json:7:13: the placeholder $MEMORY stands without quotes → let the build replace it",
        ),
        (
            "\"containerPort\": 8080",
            "\"containerPort\": {{ must_env `PORT` }}",
            "error taskdef.json:13:42: the placeholder {{ must_env `PORT` }} stands without quotes → let the build replace it",
        ),
        (
            "\"512\"",
            "<IMAGE1_NAME>",
            "error taskdef.json:7:13: the placeholder <IMAGE1_NAME> stands without quotes → write \"<IMAGE1_NAME>\" if the action replaces it, or let the build do so",
        ),
        (
            "{\n  \"family\"",
            "<!DOCTYPE html>\n{\n  \"family\"",
            "error taskdef.json:1:1: this is not JSON, which begins with { → check that the path names the right file, and that the build makes JSON of a template",
        ),
        (
            "  \"cpu\": \"256\",\n",
            "<<<<<<< HEAD\n  \"cpu\": \"256\",\n=======\n  \"cpu\": \"512\",\n>>>>>>> branch\n",
            "error taskdef.json:6:1: a merge conflict was left in the file → settle it, and remove the lines with <<<<<<<, ======= and >>>>>>>",
        ),
    ]);
}

#[test]
fn what_happens_in_yaml_is_called_by_its_name() {
    changes(&[
        (
            "          ContainerPort",
            "\t  ContainerPort",
            "error appspec.yaml:9:1: a tab indents this line, and YAML takes spaces only → replace the tab with spaces",
        ),
        (
            "ContainerPort: 8080",
            "ContainerPort:8080",
            "error appspec.yaml:9:24: no space behind the colon, so this is one word → write \"name: value\", with a space",
        ),
        (
            "ContainerName: web",
            "ContainerName: !Ref Name",
            "error appspec.yaml:8:26: nothing resolves the tag !Ref here → write the value itself",
        ),
        (
            "AfterInstall: smoke-test",
            "AfterInstall: !GetAtt Check.Arn",
            "error appspec.yaml:11:19: nothing resolves the tag !GetAtt here → write the value itself",
        ),
        (
            "Hooks:",
            "<<<<<<< HEAD\nHooks:\n=======\n>>>>>>> branch",
            "error appspec.yaml:10:1: a merge conflict was left in the file → settle it, and remove the lines with <<<<<<<, ======= and >>>>>>>",
        ),
    ]);
}

#[test]
fn placeholders_of_all_tools_are_known() {
    changes(&[
        (
            "\"<IMAGE1_NAME>\"",
            "\"$IMAGE\"",
            "error taskdef.json:11:16 containerDefinitions[0].image: $IMAGE was not replaced → let the build replace it, or write <NAME> with the name of one of the action's images\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        (
            "\"<IMAGE1_NAME>\"",
            "\"{{ tfstate `repo['app'].url` }}:{{ must_env `TAG` }}\"",
            "error taskdef.json:11:16 containerDefinitions[0].image: {{ tfstate `repo['app'].url` }} was not replaced → let the build replace it, or write <NAME> with the name of one of the action's images\nwarning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action",
        ),
        (
            "arn:aws:iam::111122223333:role/ecsTaskExecutionRole",
            "$EXECUTION_ROLE",
            "error taskdef.json:3:23 executionRoleArn: $EXECUTION_ROLE was not replaced → let the build replace it; the action replaces the names of its images only",
        ),
        (
            "\"512\"",
            "\"$MEMORY\"",
            "error taskdef.json:7:13 memory: $MEMORY was not replaced → let the build replace it; the action replaces the names of its images only",
        ),
        (
            "ContainerName: web",
            "ContainerName: $CONTAINER",
            "error appspec.yaml:8:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerName: $CONTAINER was not replaced → let the build replace it; the action sets TaskDefinition only",
        ),
        (
            "ContainerPort: 8080",
            "ContainerPort: <PORT>",
            "error appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: <PORT> was not replaced → let the build replace it; the action sets TaskDefinition only",
        ),
        (
            "ContainerPort: 8080",
            "ContainerPort: $PORT",
            "error appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: $PORT was not replaced → let the build replace it; the action sets TaskDefinition only",
        ),
        (
            "smoke-test",
            "${APP}-smoke-test",
            "error appspec.yaml:11:19 Hooks[0].AfterInstall: ${APP} was not replaced → let the build replace it; the action sets TaskDefinition only",
        ),
        (
            "smoke-test",
            "$HOOK",
            "error appspec.yaml:11:19 Hooks[0].AfterInstall: $HOOK was not replaced → let the build replace it; the action sets TaskDefinition only",
        ),
        ("smoke-test", "smoke-test:$LATEST", ""),
        (
            "\"essential\": true",
            "\"command\": [\"echo $HOME {{ x }}\"]",
            "",
        ),
    ]);
}

#[test]
fn members_that_ecs_must_have_are_asked_for() {
    let container = |members: &str| Files::default().with("\"essential\": true", members);
    compare(
        [
            ("variable", container("\"environment\": [{\"key\": \"A\", \"value\": \"1\"}]"), "error taskdef.json:12:23 containerDefinitions[0].environment[0].name: name is missing or empty → add name\nnote taskdef.json:12:24 containerDefinitions[0].environment[0].key: “key” is not known to this worker, and is registered as it stands"),
            ("variables", container("\"environment\": {\"A\": \"1\"}"), "error taskdef.json:12:22 containerDefinitions[0].environment: ECS takes a list here, and this is an object → write [ ] with {\"name\": …, \"value\": …} for each entry"),
            ("secret", container("\"secrets\": [{\"name\": \"A\", \"value\": \"b\"}]"), "error taskdef.json:12:19 containerDefinitions[0].secrets[0].valueFrom: valueFrom is missing or empty → add valueFrom\nnote taskdef.json:12:33 containerDefinitions[0].secrets[0].value: “value” is not known to this worker, and is registered as it stands"),
            ("command", container("\"command\": \"npm start\""), "error taskdef.json:12:18 containerDefinitions[0].command: ECS takes a list here, and this is a string → write a list of strings, [\"…\", \"…\"]"),
            ("dependency", container("\"dependsOn\": [{\"containerName\": \"web\"}]"), "error taskdef.json:12:20 containerDefinitions[0].dependsOn: the container waits for itself to start, through its dependsOn → remove one of the dependencies in the circle\nerror taskdef.json:12:21 containerDefinitions[0].dependsOn[0].condition: condition is missing or empty → add condition"),
            ("health", container("\"healthCheck\": {\"interval\": 30}"), "error taskdef.json:12:22 containerDefinitions[0].healthCheck.command: command is missing or empty → add command"),
            ("text", container("\"environment\": [{\"name\": \"A\", \"value\": [\"b\"]}]"), "error taskdef.json:12:46 containerDefinitions[0].environment[0].value: ECS takes a string here, and this is a list → write a string"),
            ("volume", Files::default().with("\"family\"", "\"volumes\": [{\"name\": \"v\", \"efsVolumeConfiguration\": {\"fileSystemID\": \"fs-1\"}}], \"family\""), "error taskdef.json:2:55 volumes[0].efsVolumeConfiguration.fileSystemId: fileSystemId is missing or empty → add fileSystemId\nwarning taskdef.json:2:56 volumes[0].efsVolumeConfiguration.fileSystemID: “fileSystemID” is not known, and is registered as it stands → did you mean fileSystemId?"),
        ]
        .map(|(name, files, expected)| (name.to_owned(), files.found(), expected)),
    );
}

#[test]
fn a_task_definition_is_more_than_its_containers() {
    let files = Files {
        taskdef: b"[{\"name\": \"web\", \"image\": \"a\"}]".to_vec(),
        ..Files::default()
    };
    assert_eq!(
        files.found(),
        "error taskdef.json:1:1: this is a list of containers, and not a whole task definition → put it under containerDefinitions, with family beside it"
    );
}

#[test]
fn containers_that_cannot_be_found_are_reported_once() {
    changes(&[(
        "containerDefinitions",
        "ContainerDefinitions",
        "error taskdef.json:1:1 containerDefinitions: containerDefinitions is missing or empty → add containerDefinitions\nwarning taskdef.json:8:3 ContainerDefinitions: “ContainerDefinitions” is not known, and is registered as it stands → did you mean containerDefinitions?",
    )]);
}

#[test]
fn containers_fit_their_task_and_each_other() {
    let container = |members: &str| Files::default().with("\"essential\": true", members);
    let second = |members: &str, first: &str| {
        let more = format!(", {{\"name\": \"b\", \"image\": \"a/b:1\", {members}}}\n  ]\n}}");
        Files::default()
            .with("\"essential\": true", first)
            .with("\n  ]\n}", &more)
    };
    compare(
        [
            ("reservation", container("\"memory\": 128, \"memoryReservation\": 129"), "error taskdef.json:12:43 containerDefinitions[0].memoryReservation: more memory is reserved than the 128 MiB that the container may have → raise memory, or lower memoryReservation"),
            ("reservation at its edge", container("\"memory\": 128, \"memoryReservation\": 128"), ""),
            ("memory", second("\"memory\": 256", "\"memory\": 257"), "warning taskdef.json:7:13 memory: the containers reserve 513 MiB of memory, and the task has 512 → raise the task's memory, or lower the containers'"),
            ("memory at its edge", second("\"memory\": 256", "\"memory\": 256"), ""),
            ("reserved memory counts", second("\"memory\": 512, \"memoryReservation\": 256", "\"memory\": 256"), ""),
            ("cpu", second("\"cpu\": 200", "\"cpu\": 57"), "error taskdef.json:6:10 cpu: the containers reserve 257 units of cpu, and the task has 256 → raise the task's cpu, or lower the containers'"),
            ("cpu at its edge", second("\"cpu\": 200", "\"cpu\": 56"), ""),
            ("host port", Files::default().with("8080}", "8080, \"hostPort\": 80}"), "error taskdef.json:13:60 containerDefinitions[0].portMappings[0].hostPort: with the network mode awsvpc the host port is the container's, 8080 → remove hostPort"),
            ("same host port", Files::default().with("8080}", "8080, \"hostPort\": 8080}"), ""),
            ("no host port", Files::default().with("8080}", "8080, \"hostPort\": 0}"), ""),
            ("secret and variable", container("\"environment\": [{\"name\": \"A\", \"value\": \"1\"}], \"secrets\": [{\"name\": \"A\", \"valueFrom\": \"a\"}]"), "error taskdef.json:12:74 containerDefinitions[0].secrets[0].name: the container has another variable or secret called “A” → rename or remove one of them"),
            ("two secrets", container("\"secrets\": [{\"name\": \"A\", \"valueFrom\": \"a\"}, {\"name\": \"A\", \"valueFrom\": \"b\"}]"), "error taskdef.json:12:61 containerDefinitions[0].secrets[1].name: the container has another variable or secret called “A” → rename or remove one of them"),
            ("end of essential", second("\"essential\": true", "\"dependsOn\": [{\"containerName\": \"b\", \"condition\": \"SUCCESS\"}]"), "error taskdef.json:12:57 containerDefinitions[0].dependsOn[0].condition: the container b is essential, so its end would end the task → set its essential to false, or wait for START or HEALTHY"),
            ("end of another", second("\"essential\": false", "\"dependsOn\": [{\"containerName\": \"b\", \"condition\": \"COMPLETE\"}]"), ""),
            ("health", second("\"essential\": false", "\"dependsOn\": [{\"containerName\": \"b\", \"condition\": \"HEALTHY\"}]"), "warning taskdef.json:12:57 containerDefinitions[0].dependsOn[0].condition: the container b has no healthCheck to become HEALTHY by → add a healthCheck to it; one inside the image does not count"),
            ("circle", second("\"dependsOn\": [{\"containerName\": \"web\", \"condition\": \"START\"}]", "\"dependsOn\": [{\"containerName\": \"b\", \"condition\": \"START\"}]"), "error taskdef.json:12:20 containerDefinitions[0].dependsOn: the container waits for itself to start, through its dependsOn → remove one of the dependencies in the circle\nerror taskdef.json:14:53 containerDefinitions[1].dependsOn: the container waits for itself to start, through its dependsOn → remove one of the dependencies in the circle"),
            ("itself", container("\"dependsOn\": [{\"containerName\": \"web\", \"condition\": \"START\"}]"), "error taskdef.json:12:20 containerDefinitions[0].dependsOn: the container waits for itself to start, through its dependsOn → remove one of the dependencies in the circle"),
            ("no router", container("\"logConfiguration\": {\"logDriver\": \"awsfirelens\"}"), "error taskdef.json:12:27 containerDefinitions[0].logConfiguration: no container has the firelensConfiguration that awsfirelens sends logs to → add a log router, or use another log driver"),
            ("router", second("\"firelensConfiguration\": {\"type\": \"fluentbit\"}", "\"logConfiguration\": {\"logDriver\": \"awsfirelens\"}"), ""),
        ]
        .map(|(name, files, expected)| (name.to_owned(), files.found(), expected)),
    );
}

#[test]
fn what_fargate_does_not_have_is_found_before_ecs_is_asked() {
    let volume = |volume: &str| {
        let volumes = format!("\"volumes\": [{{\"name\": \"v\", {volume}}}], \"family\"");
        Files::default().with("\"family\"", &volumes)
    };
    let log = |driver: &str| {
        let log = format!("\"logConfiguration\": {{\"logDriver\": \"{driver}\"}}");
        Files::default().with("\"essential\": true", &log)
    };
    compare(
        [
            ("folder", volume("\"host\": {\"sourcePath\": \"/x\"}"), "error taskdef.json:2:52 volumes[0].host.sourcePath: Fargate has no volumes of an instance → leave the volume empty for the task's own storage, or use EFS"),
            ("own storage", volume("\"host\": {}"), ""),
            (
                "Docker's",
                volume("\"dockerVolumeConfiguration\": {\"scope\": \"task\"}"),
                "error taskdef.json:2:58 volumes[0].dockerVolumeConfiguration: Fargate has no volumes of an instance → leave the volume empty for the task's own storage, or use EFS",
            ),
            ("json-file", log("json-file"), "error taskdef.json:12:41 containerDefinitions[0].logConfiguration.logDriver: Fargate has no log driver “json-file” → use awslogs, awsfirelens or splunk"),
            ("splunk", log("splunk"), "error taskdef.json:12:27 containerDefinitions[0].logConfiguration.options.splunk-token: the log driver splunk needs a value for splunk-token here → set splunk-token"),
        ]
        .map(|(name, files, expected)| (name.to_owned(), files.found(), expected)),
    );
    let on_ec2 = volume("\"host\": {\"sourcePath\": \"/x\"}").with("FARGATE", "EC2");
    assert_eq!(on_ec2.found(), "");
}

#[test]
fn misplaced_members_of_an_appspec_are_reported_with_their_place() {
    changes(&[
        (
            "          ContainerPort",
            "        ContainerPort",
            "error appspec.yaml:8:11 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: ContainerPort is missing or empty → add ContainerPort\nwarning appspec.yaml:9:9 Resources[0].TargetService.Properties.ContainerPort: ContainerPort has no meaning here, and is sent as it stands → move it to LoadBalancerInfo",
        ),
        (
            "        LoadBalancerInfo:\n          ContainerName: web\n          ContainerPort: 8080",
            "        ContainerName: web\n        ContainerPort: 8080",
            "error appspec.yaml:6:9 Resources[0].TargetService.Properties.LoadBalancerInfo: LoadBalancerInfo is missing or empty → add LoadBalancerInfo\nwarning appspec.yaml:7:9 Resources[0].TargetService.Properties.ContainerName: ContainerName has no meaning here, and is sent as it stands → move it to LoadBalancerInfo\nwarning appspec.yaml:8:9 Resources[0].TargetService.Properties.ContainerPort: ContainerPort has no meaning here, and is sent as it stands → move it to LoadBalancerInfo",
        ),
    ]);
}

#[test]
fn what_a_build_should_have_replaced_is_named() {
    let log = |group: &str, region: &str| {
        format!(
            "\"essential\": true, \"logConfiguration\": {{\"logDriver\": \"awslogs\", \"options\": {{\"awslogs-group\": \"{group}\", \"awslogs-region\": \"{region}\", \"awslogs-stream-prefix\": \"web\", \"awslogs-multiline-pattern\": \"^<[A-Z]+> ${{x}}\"}}}}"
        )
    };
    let essential = |to: &str| Files::default().with("\"essential\": true", to).found();
    compare([
        (
            "an account".to_owned(),
            Files::default().with("111122223333:role", "AWS_ACCOUNT_ID:role").found(),
            "error taskdef.json:3:23 executionRoleArn: “AWS_ACCOUNT_ID” stands where a role's ARN has its account → let the build replace it, or write the twelve digits of the account",
        ),
        (
            "a container's name".to_owned(),
            Files::default()
                .with("\"name\": \"web\"", "\"name\": \"{{ NAME }}\", \"dependsOn\": [{\"containerName\": \"db\", \"condition\": \"START\"}]")
                .found(),
            "error taskdef.json:10:15 containerDefinitions[0].name: {{ NAME }} was not replaced → let the build replace it; the action replaces the names of its images only",
        ),
        (
            "sizes".to_owned(),
            Files::default()
                .with("\"256\"", "\"__TASK_CPU__\"")
                .with("\"512\"", "\"TASK_MEMORY\"")
                .found(),
            "error taskdef.json:6:10 cpu: __TASK_CPU__ looks like a placeholder that was not replaced; AWS wants a size here → let the build replace it\nerror taskdef.json:7:13 memory: TASK_MEMORY looks like a placeholder that was not replaced; AWS wants a size here → let the build replace it",
        ),
        (
            "log options".to_owned(),
            essential(&log("/web/${ENV}", "$AWS_REGION")),
            "warning taskdef.json:12:100 containerDefinitions[0].logConfiguration.options.awslogs-group: ${ENV} was not replaced → let the build replace it; the action replaces the names of its images only\nwarning taskdef.json:12:133 containerDefinitions[0].logConfiguration.options.awslogs-region: $AWS_REGION was not replaced → let the build replace it; the action replaces the names of its images only",
        ),
        (
            "empty log options".to_owned(),
            essential(&log("", "")),
            "warning taskdef.json:12:100 containerDefinitions[0].logConfiguration.options.awslogs-group: the log driver awslogs needs a value for awslogs-group here → set awslogs-group\nwarning taskdef.json:12:122 containerDefinitions[0].logConfiguration.options.awslogs-region: the log driver awslogs needs a value for awslogs-region here → set awslogs-region",
        ),
        (
            "an empty subnet".to_owned(),
            Files::default()
                .with(
                    "ContainerPort: 8080",
                    "ContainerPort: 8080\n        NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-1, \"\"], SecurityGroups: [sg-1], AssignPublicIp: DISABLED}}",
                )
                .found(),
            "error appspec.yaml:10:74 Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration.Subnets[1]: Subnets is missing or empty → give Subnets, SecurityGroups and AssignPublicIp, or leave NetworkConfiguration out to keep the service's own",
        ),
    ]);
}

#[test]
fn json_in_a_string_is_called_by_its_name() {
    let taskdef = serde_json::Value::from(super::TASKDEF).to_string();
    let files = Files {
        taskdef: taskdef.into_bytes(),
        ..Files::default()
    };
    compare([(
        "quoted".to_owned(),
        files.found(),
        "error taskdef.json:1:1: the whole file is one string, with the JSON in it → take off the outer quotes, and the backslashes inside",
    )]);
}
