//! AppSpecs that are valid YAML or JSON, but not valid for CodeDeploy.

use super::{Files, changes, compare};

fn added(member: &str, rows: &[(&str, &'static str)]) {
    let from = "ContainerPort: 8080";
    compare(rows.iter().map(|(value, expected)| {
        let to = format!("{from}\n        {member}: {value}");
        let found = Files::default().with(from, &to).found();
        ((*value).to_owned(), found, *expected)
    }));
}

#[test]
fn the_frame_must_be_right() {
    changes(&[
        (
            "Type: AWS::ECS::Service",
            "Type: AWS::Lambda::Function",
            "error appspec.yaml:4:13 Resources[0].TargetService.Type: this AppSpec is for Lambda → write one for ECS, with a resource of type AWS::ECS::Service",
        ),
        (
            "Type: AWS::ECS::Service",
            "Type: AWS::ECS::TaskSet",
            "error appspec.yaml:4:13 Resources[0].TargetService.Type: the resource's type is “AWS::ECS::TaskSet” → write AWS::ECS::Service",
        ),
        (
            "Type: AWS::ECS::Service",
            "Kind: AWS::ECS::Service",
            "error appspec.yaml:4:7 Resources[0].TargetService.Type: Type is missing or empty → add Type\nwarning appspec.yaml:4:7 Resources[0].TargetService.Kind: “Kind” is not known in an AppSpec, and is sent as it stands → check that CodeDeploy knows it",
        ),
        (
            "version: 0.0",
            "version: [0.0]",
            "error appspec.yaml:1:10 version: 0.0 is expected here, and this is a list → check the indentation and the dashes",
        ),
        // It is not known that CodeDeploy refuses it beside the service.
        (
            "version: 0.0\n",
            "version: 0.0\nos: linux\n",
            "warning appspec.yaml:2:1 os: “os” is not known in an AppSpec, and is sent as it stands → check that CodeDeploy knows it",
        ),
        // Letters that some programs take for an `s` and a `k`.
        (
            "Resources:",
            "Re\u{17f}ources:",
            "note appspec.yaml:2:1 Reſources: read as Resources",
        ),
        (
            "Hooks:",
            "Hoo\u{212a}s:",
            "note appspec.yaml:10:1 Hoo\u{212a}s: read as Hooks",
        ),
        (
            "version: 0.0\n",
            "version: 0.0\nresources: []\n",
            "error appspec.yaml:2:12 resources: an AppSpec for ECS has exactly one resource, and this has 0 → keep one TargetService, with Type and Properties indented below it\nerror appspec.yaml:3:1 Resources: Resources stands here twice, in different case → remove one of the two",
        ),
        (
            "version: 0.0\n",
            "version: 0.0\nParameters: {}\n",
            "warning appspec.yaml:2:1 Parameters: “Parameters” is not known in an AppSpec, and is sent as it stands → check that CodeDeploy knows it",
        ),
        (
            "Resources:",
            "Resource:",
            "error appspec.yaml:1:1 Resources: Resources is missing or empty → add Resources\nwarning appspec.yaml:2:1 Resource: “Resource” is not known in an AppSpec, and is sent as it stands → did you mean Resources?",
        ),
        (
            "      Type",
            "  Type",
            "error appspec.yaml:4:3: this is not YAML: while parsing a block collection, did not find expected '-' indicator → check the indentation and quotes here and on the line before",
        ),
        (
            "Hooks:",
            "  - Second: {}\nHooks:",
            "error appspec.yaml:3:3 Resources: an AppSpec for ECS has exactly one resource, and this has 2 → keep one TargetService, with Type and Properties indented below it",
        ),
    ]);
}

#[test]
fn another_file_is_called_what_it_is() {
    let other = |text: &str| {
        let appspec = text.into();
        let files = Files {
            appspec,
            ..Files::default()
        };
        files.found()
    };
    let revision = "error appspec.yaml:1:1: this is the input of create-deployment, and no AppSpec → write what stands under revision.appSpecContent.content into the file, and nothing around it";
    compare(
        [
            (
                "{\"revision\": {\"revisionType\": \"AppSpecContent\"}}",
                revision,
            ),
            (
                "{\"revisionType\": \"AppSpecContent\", \"appSpecContent\": {\"content\": \"{}\"}}",
                revision,
            ),
            (
                "version: 0.0\nos: linux\nfiles: []\n",
                "error appspec.yaml:1:1: this AppSpec is for EC2 and on-premises servers → write one for ECS, with a resource of type AWS::ECS::Service",
            ),
            (
                "version: 2.1\njobs: {}\n",
                "error appspec.yaml:1:1: an AppSpec has version, Resources and Hooks, and this has neither Resources nor Hooks → check that the path names the right file",
            ),
            (
                "version: 0.0\nResource: []\n",
                "error appspec.yaml:1:1 Resources: Resources is missing or empty → add Resources\nwarning appspec.yaml:2:1 Resource: “Resource” is not known in an AppSpec, and is sent as it stands → did you mean Resources?",
            ),
            (
                "version: 0.0\n",
                "error appspec.yaml:1:1 Resources: Resources is missing or empty → add Resources",
            ),
        ]
        .map(|(text, expected)| (text.to_owned(), other(text), expected)),
    );
}

#[test]
fn the_properties_must_be_right() {
    changes(&[
        (
            "LoadBalancerInfo",
            "LoadBalancerInfos",
            "error appspec.yaml:6:9 Resources[0].TargetService.Properties.LoadBalancerInfo: LoadBalancerInfo is missing or empty → add LoadBalancerInfo\nwarning appspec.yaml:7:9 Resources[0].TargetService.Properties.LoadBalancerInfos: “LoadBalancerInfos” is not known in an AppSpec, and is sent as it stands → did you mean LoadBalancerInfo?",
        ),
        (
            "ContainerName: web",
            "Name: web",
            "error appspec.yaml:8:11 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerName: ContainerName is missing or empty → add ContainerName\nwarning appspec.yaml:8:11 Resources[0].TargetService.Properties.LoadBalancerInfo.Name: “Name” is not known in an AppSpec, and is sent as it stands → check that CodeDeploy knows it",
        ),
        (
            "ContainerName: web",
            "ContainerName: ''",
            "error appspec.yaml:8:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerName: ContainerName is missing or empty → add ContainerName",
        ),
        (
            "ContainerName: web",
            "ContainerName: 7",
            "error appspec.yaml:8:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerName: a string is expected here, and this is a number → put it in quotes",
        ),
        (
            "ContainerName: web",
            "ContainerName: <CONTAINER>",
            "error appspec.yaml:8:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerName: <CONTAINER> was not replaced → let the build replace it; the action sets TaskDefinition only",
        ),
        (
            "ContainerPort: 8080",
            "ContainerPort: 0",
            "error appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: “0” is not a port → write a whole number from 1 to 65535",
        ),
        (
            "ContainerPort: 8080",
            "ContainerPort: 65536",
            "error appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: “65536” is not a port → write a whole number from 1 to 65535",
        ),
        (
            "ContainerPort: 8080",
            "ContainerPort: 80.5",
            "error appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: “80.5” is not a port → write a whole number from 1 to 65535",
        ),
        ("ContainerPort: 8080", "ContainerPort: 8080.0", ""),
        (
            "ContainerPort: 8080",
            "ContainerPort: http",
            "error appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: “http” is not a port → write a whole number from 1 to 65535",
        ),
        (
            "ContainerPort: 8080",
            "ContainerPort: [8080]",
            "error appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: a number is expected here, and this is a list → check the indentation and the dashes",
        ),
        (
            "ContainerPort: 8080",
            "ContainerPort: 8080\n        PlatformVersion: 1.4",
            "warning appspec.yaml:10:26 Resources[0].TargetService.Properties.PlatformVersion: a string is expected here, and this is a number → put it in quotes",
        ),
        (
            "ContainerPort: 8080",
            "ContainerPort: 8080\n        Platform: LATEST",
            "warning appspec.yaml:10:9 Resources[0].TargetService.Properties.Platform: “Platform” is not known in an AppSpec, and is sent as it stands → check that CodeDeploy knows it",
        ),
    ]);
}

#[test]
fn the_network_must_be_complete() {
    let rows = [
        (
            "{}",
            "error appspec.yaml:10:31 Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration: AwsvpcConfiguration is missing or empty → add AwsvpcConfiguration",
        ),
        (
            "{AwsvpcConfiguration: {Subnets: [subnet-1]}}",
            "error appspec.yaml:10:53 Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration: SecurityGroups is missing or empty → give Subnets, SecurityGroups and AssignPublicIp, or leave NetworkConfiguration out to keep the service's own\nerror appspec.yaml:10:53 Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration: AssignPublicIp is missing or empty → give Subnets, SecurityGroups and AssignPublicIp, or leave NetworkConfiguration out to keep the service's own",
        ),
        (
            "{AwsvpcConfiguration: {Subnets: [], SecurityGroups: [sg-1], AssignPublicIp: DISABLED}}",
            "error appspec.yaml:10:63 Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration.Subnets: Subnets is missing or empty → give Subnets, SecurityGroups and AssignPublicIp, or leave NetworkConfiguration out to keep the service's own",
        ),
        (
            "{AwsvpcConfiguration: {Subnets: subnet-1, SecurityGroups: [sg-1], AssignPublicIp: DISABLED}}",
            "error appspec.yaml:10:63 Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration.Subnets: a list is expected here, and this is a string → write a list",
        ),
        (
            "{AwsvpcConfiguration: {Subnets: [subnet-1], SecurityGroups: [sg-1], AssignPublicIp: disabled}}",
            "error appspec.yaml:10:115 Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp: AssignPublicIp cannot be “disabled” → write ENABLED or DISABLED",
        ),
        (
            "{AwsvpcConfiguration: {Subnets: ['subnet-1,subnet-2'], SecurityGroups: [subnet-1], AssignPublicIp: DISABLED}}",
            "warning appspec.yaml:10:64 Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration.Subnets[0]: “subnet-1,subnet-2” is not an ID that begins with subnet- → write one ID in each entry of the list\nwarning appspec.yaml:10:103 Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups[0]: “subnet-1” is not an ID that begins with sg- → write one ID in each entry of the list",
        ),
        (
            "{AwsvpcConfiguration: {Subnets: ['${SUBNET}'], SecurityGroups: [sg-1], AssignPublicIp: DISABLED}}",
            "error appspec.yaml:10:64 Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration.Subnets[0]: ${SUBNET} was not replaced → let the build replace it; the action sets TaskDefinition only",
        ),
        (
            "{AwsvpcConfiguration: {Subnets: [subnet-1], SecurityGroups: [sg-1, sg-2, sg-3, sg-4, sg-5, sg-6], AssignPublicIp: ENABLED}}",
            "error appspec.yaml:10:91 Resources[0].TargetService.Properties.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups: ECS takes at most 5 here → remove some",
        ),
    ];
    added("NetworkConfiguration", &rows);
}

#[test]
fn capacity_providers_must_make_sense() {
    let rows = [
        (
            "FARGATE",
            "error appspec.yaml:10:35 Resources[0].TargetService.Properties.CapacityProviderStrategy: a list is expected here, and this is a string → write a list",
        ),
        (
            "[{Provider: FARGATE, Weight: 1}]",
            "error appspec.yaml:10:36 Resources[0].TargetService.Properties.CapacityProviderStrategy[0].CapacityProvider: CapacityProvider is missing or empty → add CapacityProvider\nwarning appspec.yaml:10:37 Resources[0].TargetService.Properties.CapacityProviderStrategy[0].Provider: “Provider” is not known in an AppSpec, and is sent as it stands → check that CodeDeploy knows it",
        ),
        (
            "[{CapacityProvider: FARGATE, Base: 1, Weight: 1}, {CapacityProvider: FARGATE_SPOT, Base: 1}]",
            "error appspec.yaml:10:35 Resources[0].TargetService.Properties.CapacityProviderStrategy: Base is set for more than one capacity provider → set it for one of them",
        ),
        (
            "[{CapacityProvider: FARGATE, Weight: 1001}]",
            "error appspec.yaml:10:72 Resources[0].TargetService.Properties.CapacityProviderStrategy[0].Weight: the number is out of range → write one from 0 to 1000",
        ),
        (
            "[{CapacityProvider: FARGATE, Weight: 1}, {CapacityProvider: on-ec2}]",
            "error appspec.yaml:10:35 Resources[0].TargetService.Properties.CapacityProviderStrategy: a strategy has capacity providers of Fargate or of instances, and this has both → keep those of one kind",
        ),
        ("[{CapacityProvider: FARGATE, Base: 0.0, Weight: 1.0}]", ""),
        (
            "[{CapacityProvider: FARGATE, Weight: 'one'}]",
            "error appspec.yaml:10:72 Resources[0].TargetService.Properties.CapacityProviderStrategy[0].Weight: a number is expected here, and this is a string → write a number",
        ),
        (
            "[{CapacityProvider: FARGATE, Weight: '1001'}]",
            "error appspec.yaml:10:72 Resources[0].TargetService.Properties.CapacityProviderStrategy[0].Weight: the number is out of range → write one from 0 to 1000\nwarning appspec.yaml:10:72 Resources[0].TargetService.Properties.CapacityProviderStrategy[0].Weight: a number is expected here, and this is a string → write a number",
        ),
        (
            "[{CapacityProvider: FARGATE, Weight: '1'}]",
            "warning appspec.yaml:10:72 Resources[0].TargetService.Properties.CapacityProviderStrategy[0].Weight: a number is expected here, and this is a string → write a number",
        ),
        (
            "[{CapacityProvider: FARGATE}]",
            "warning appspec.yaml:10:35 Resources[0].TargetService.Properties.CapacityProviderStrategy: no capacity provider has a weight, so none may be used → give Weight: 1 to one of them",
        ),
    ];
    added("CapacityProviderStrategy", &rows);
}

#[test]
fn bounds_hold_at_their_edges() {
    let from = "ContainerPort: 8080";
    let network = |subnets: usize, groups: usize| {
        let (subnets, groups) = (
            vec!["subnet-1"; subnets].join(", "),
            vec!["sg-1"; groups].join(", "),
        );
        let to = format!(
            "{from}\n        NetworkConfiguration: {{AwsvpcConfiguration: {{Subnets: [{subnets}], SecurityGroups: [{groups}], AssignPublicIp: DISABLED}}}}"
        );
        Files::default().with(from, &to).found()
    };
    assert_eq!(network(16, 5), "");
    assert!(network(17, 5).contains("at most 16"));
    assert!(network(16, 6).contains("at most 5"));
    let providers = |list: &str| {
        let to = format!("{from}\n        CapacityProviderStrategy: [{list}]");
        Files::default().with(from, &to).found()
    };
    let strategy = |base: u32, weight: u32| {
        let provider = format!("{{CapacityProvider: a, Base: {base}, Weight: {weight}}}");
        providers(&provider)
    };
    let several = |count| providers(&vec!["{CapacityProvider: a, Weight: 1}"; count].join(", "));
    assert_eq!(several(20), "");
    assert!(several(21).contains("at most 20"));
    assert_eq!(strategy(100_000, 1000), "");
    assert!(strategy(100_001, 1000).contains("from 0 to 100000"));
    assert!(strategy(100_000, 1001).contains("from 0 to 1000"));
    for (port, fits) in [
        ("1", true),
        ("65535", true),
        ("65536", false),
        ("-1", false),
    ] {
        let found = Files::default()
            .with(from, &format!("ContainerPort: {port}"))
            .found();
        assert_eq!(!found.contains("is not a port"), fits, "{port}");
    }
}

#[test]
fn from_app_spec_wants_a_revision() {
    let rows = [
        (
            "<TASK_DEFINITION>",
            "error appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: TaskDefinition=FromAppSpec, and “<TASK_DEFINITION>” is not a revision of a task definition → write its ARN with the revision, or leave the option out to register one",
        ),
        (
            "web",
            "error appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: TaskDefinition=FromAppSpec, and “web” is not a revision of a task definition → write its ARN with the revision, or leave the option out to register one",
        ),
        (
            "web:latest",
            "error appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: TaskDefinition=FromAppSpec, and “web:latest” is not a revision of a task definition → write its ARN with the revision, or leave the option out to register one",
        ),
        (
            "arn:aws:ecs:eu-west-1:111122223333:task-definition/web",
            "error appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: TaskDefinition=FromAppSpec, and “arn:aws:ecs:eu-west-1:111122223333:task-definition/web” is not a revision of a task definition → write its ARN with the revision, or leave the option out to register one",
        ),
        (
            "web:7",
            "note appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: the revision web:7 was not looked up, so nothing was checked against it",
        ),
        (
            "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7",
            "note appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: the revision arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7 was not looked up, so nothing was checked against it",
        ),
    ];
    compare(rows.map(|(revision, expected)| {
        let files = Files {
            options: "TaskDefinition=FromAppSpec".to_owned(),
            ..Files::default()
        };
        let found = files.with("<TASK_DEFINITION>", revision).found();
        (revision.to_owned(), found, expected)
    }));
}
