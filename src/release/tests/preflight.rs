//! Files that are valid on their own, but not together or not in ECS.

use super::{Files, changes, compare};

#[test]
fn the_traffic_must_have_somewhere_to_go() {
    changes(&[
        (
            "ContainerName: web",
            "ContainerName: wep",
            "error appspec.yaml:8:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerName: the task definition has no container “wep” → did you mean web? Its containers are web",
        ),
        (
            "ContainerName: web",
            "ContainerName: proxy",
            "error appspec.yaml:8:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerName: the task definition has no container “proxy” → name one of its containers, which are web",
        ),
        (
            "ContainerPort: 8080",
            "ContainerPort: 80",
            "error appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: the container web maps 8080, and traffic goes to 80 → add containerPort 80 to its portMappings, or change the port that traffic goes to",
        ),
        (
            "[{\"containerPort\": 8080}]",
            "[]",
            "error appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: the container web maps no ports, and traffic goes to 8080 → add containerPort 8080 to its portMappings, or change the port that traffic goes to",
        ),
        (
            "[{\"containerPort\": 8080}]",
            "[{\"containerPortRange\": \"9000-9010\"}]",
            "error appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: the container web maps 9000, and traffic goes to 8080 → add containerPort 8080 to its portMappings, or change the port that traffic goes to",
        ),
        (
            "[{\"containerPort\": 8080}]",
            "[{\"containerPortRange\": \"8000-9000\"}]",
            "error appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: port 8080 is mapped as part of a containerPortRange only, and traffic needs a containerPort of its own → map {\"containerPort\": 8080}, and leave it out of the range",
        ),
        (
            "[{\"containerPort\": 8080}]",
            "[{\"containerPort\": 8080}, {\"containerPort\": 8080, \"protocol\": \"udp\"}]",
            "warning appspec.yaml:9:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerPort: port 8080 is mapped more than once, which ECS is known to refuse where a load balancer sends traffic to it → map the port that takes the traffic once",
        ),
    ]);
}

#[test]
fn containers_must_fit_each_other() {
    changes(&[
        (
            "true",
            "false",
            "error taskdef.json:8:27 containerDefinitions: no container is essential → set essential to true for the container that does the work",
        ),
        (
            "\"essential\": true",
            "\"dependsOn\": [{\"containerName\": \"webb\", \"condition\": \"START\"}]",
            "error taskdef.json:12:39 containerDefinitions[0].dependsOn[0].containerName: dependsOn names the container “webb”, which is not there → did you mean web?",
        ),
        (
            "\"essential\": true",
            "\"mountPoints\": [{\"sourceVolume\": \"data\", \"containerPath\": \"/d\"}]",
            "error taskdef.json:12:40 containerDefinitions[0].mountPoints[0].sourceVolume: the mount point names the volume “data”, which is not there → add it to volumes",
        ),
        (
            "\"essential\": true",
            "\"links\": [\"db\"]",
            "error taskdef.json:12:16 containerDefinitions[0].links: links work with the network mode bridge only → remove links; containers of a task reach each other on localhost with awsvpc",
        ),
        (
            "  ]\n}",
            ", {\"name\": \"web\", \"image\": \"a/b:1\"}]\n}",
            "error taskdef.json:15:12 containerDefinitions[1].name: two containers are called “web” → rename one of them",
        ),
        (
            "\"name\": \"web\"",
            "\"name\": \"web server\"",
            "error appspec.yaml:8:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerName: the task definition has no container “web” → name one of its containers, which are web server\nerror taskdef.json:10:15 containerDefinitions[0].name: ECS does not take “web server” for a name → write up to 255 letters, digits, _ and -",
        ),
        (
            "\"family\": \"web\"",
            "\"family\": \"web/prod\"",
            "error taskdef.json:2:13 family: ECS does not take “web/prod” for a name → write up to 255 letters, digits, _ and -",
        ),
    ]);
}

#[test]
fn fargate_takes_not_everything() {
    changes(&[
        (
            "\"cpu\": \"256\",",
            "",
            "error taskdef.json:1:1 cpu: Fargate needs cpu for the whole task → add cpu beside family",
        ),
        (
            "\"memory\": \"512\",",
            "",
            "error taskdef.json:1:1 memory: Fargate needs memory for the whole task → add memory beside family",
        ),
        (
            "\"512\"",
            "\"4096\"",
            "error taskdef.json:7:13 memory: Fargate has no size with cpu “256” and memory “4096” → with this cpu, memory may be 512, 1024 or 2048 MiB",
        ),
        (
            "\"256\"",
            "\"300\"",
            "error taskdef.json:6:10 cpu: Fargate has no size with cpu “300” and memory “512” → cpu may be 256, 512, 1024, 2048, 4096, 8192, 16384 or 32768 units",
        ),
        (
            "\"256\"",
            "\"2 vCPU\"",
            "error taskdef.json:7:13 memory: Fargate has no size with cpu “2 vCPU” and memory “512” → with this cpu, memory may be 4 to 16 GB in steps of 1 GB",
        ),
        (
            "\"512\"",
            "\"1.5 GB\"",
            "error taskdef.json:7:13 memory: Fargate has no size with cpu “256” and memory “1.5 GB” → with this cpu, memory may be 512, 1024 or 2048 MiB",
        ),
        (
            "\"awsvpc\"",
            "\"bridge\"",
            "error taskdef.json:4:18 networkMode: Fargate needs the network mode awsvpc, and this is “bridge” → set networkMode to awsvpc",
        ),
        (
            "\"networkMode\": \"awsvpc\",",
            "",
            "error taskdef.json:1:1 networkMode: Fargate needs the network mode awsvpc → set networkMode to awsvpc",
        ),
        (
            "\"essential\": true",
            "\"privileged\": true",
            "error taskdef.json:12:21 containerDefinitions[0].privileged: Fargate runs no privileged containers → remove privileged, or run the service on EC2",
        ),
        (
            "\"essential\": true",
            "\"stopTimeout\": 121",
            "error taskdef.json:12:22 containerDefinitions[0].stopTimeout: the number is out of range → write one from 2 to 120",
        ),
        (
            "\"family\"",
            "\"ephemeralStorage\": {\"sizeInGiB\": 20}, \"family\"",
            "error taskdef.json:2:37 ephemeralStorage.sizeInGiB: the number is out of range → write one from 21 to 200",
        ),
        (
            "\"executionRoleArn\": \"arn:aws:iam::111122223333:role/ecsTaskExecutionRole\",",
            "",
            "error taskdef.json:11:16 containerDefinitions[0].image: there is no executionRoleArn, and Fargate needs one to pull from ECR → add executionRoleArn beside family",
        ),
    ]);
}

#[test]
fn limits_hold_at_their_edges() {
    let container = "{\"name\": \"NAME\", \"image\": \"a/b:1\", \"essential\": false}";
    let containers = |count: usize| {
        let more: Vec<String> = (1..count)
            .map(|n| container.replace("NAME", &format!("c{n}")))
            .collect();
        Files::default().with("  ]\n}", &format!(", {}]\n}}", more.join(", ")))
    };
    assert_eq!(containers(10).found(), "");
    let tags = |count: usize| {
        let tags: Vec<String> = (0..count)
            .map(|n| format!("{{\"key\": \"k{n}\", \"value\": \"b\"}}"))
            .collect();
        let tags = tags.join(", ");
        Files::default().with("\"family\"", &format!("\"tags\": [{tags}], \"family\""))
    };
    assert_eq!(tags(50).found(), "");
    let health = |member: &str, value: &str| {
        let check = format!("\"healthCheck\": {{\"command\": [\"CMD\"], \"{member}\": {value}}}");
        Files::default().with("\"essential\": true", &check)
    };
    for (member, least, most) in [
        ("interval", "5", "300"),
        ("timeout", "2", "60"),
        ("retries", "1", "10"),
        ("startPeriod", "0", "300"),
    ] {
        assert_eq!(health(member, least).found(), "");
        assert_eq!(health(member, most).found(), "");
    }
    let family = |length: usize| {
        Files::default().with(
            "\"family\": \"web\"",
            &format!("\"family\": \"{}\"", "f".repeat(length)),
        )
    };
    assert_eq!(family(255).found(), "");
    assert!(family(256).found().contains("ECS does not take"));
    compare(
        [
            ("containers", containers(11), "error taskdef.json:8:27 containerDefinitions: there are 11 entries, and ECS takes at most 10 → remove some"),
            ("tags", tags(51), "error taskdef.json:2:11 tags: there are 51 entries, and ECS takes at most 50 → remove some"),
            ("interval", health("interval", "4"), "error taskdef.json:12:55 containerDefinitions[0].healthCheck.interval: the number is out of range → write one from 5 to 300"),
            ("retries", health("retries", "-1"), "error taskdef.json:12:54 containerDefinitions[0].healthCheck.retries: the number is out of range → write one from 1 to 10"),
            (
                "port",
                Files::default().with("8080}", "8080}, {\"containerPort\": 65536}"),
                "error taskdef.json:13:67 containerDefinitions[0].portMappings[1].containerPort: the number is out of range → write one from 1 to 65535",
            ),
            (
                "host port",
                Files::default().with("8080}", "8080}, {\"containerPort\": 81, \"hostPort\": -1}"),
                "error taskdef.json:13:83 containerDefinitions[0].portMappings[1].hostPort: the number is out of range → write one from 0 to 65535",
            ),
        ]
        .map(|(name, files, expected)| (name.to_owned(), files.found(), expected)),
    );
}

#[test]
fn counts_hold_at_their_edges() {
    let refused = |files: Files| files.found().contains("and ECS takes at most");
    for (list, element, limit) in [
        ("placementConstraints", "{\"type\": \"memberOf\"}", 10),
        ("tags", "{\"key\": \"a\"}", 50),
    ] {
        let with = |count: usize| {
            let elements = vec![element; count].join(", ");
            let to = format!("\"{list}\": [{elements}], \"family\"");
            Files::default().with("\"family\"", &to)
        };
        assert!(!refused(with(limit)), "{list}");
        assert!(refused(with(limit + 1)), "{list}");
    }
    let files = |count: usize| {
        let file = "{\"type\": \"s3\", \"value\": \"arn:aws:s3:::b/k\"}";
        let to = format!("\"environmentFiles\": [{}]", vec![file; count].join(", "));
        Files::default().with("\"essential\": true", &to)
    };
    assert!(!refused(files(10)));
    assert!(refused(files(11)));
    let ranges = |count: usize| {
        let ranges: Vec<String> = (0..count)
            .map(|n| {
                format!(
                    "{{\"containerPortRange\": \"{}-{}\"}}",
                    9000 + 2 * n,
                    9001 + 2 * n
                )
            })
            .collect();
        Files::default().with("{\"containerPort\": 8080}", &ranges.join(", "))
    };
    assert!(!refused(ranges(100)));
    assert!(refused(ranges(101)));
}

#[test]
fn fargate_sizes_hold_at_their_edges() {
    for (cpu, fits, fits_not) in [
        ("256", ["512", "1024", "2048"], ["256", "1536", "4096"]),
        ("512", ["1024", "2048", "4096"], ["512", "1536", "5120"]),
        ("1024", ["2048", "3072", "8192"], ["1024", "2560", "9216"]),
        ("2048", ["4096", "5120", "16384"], ["3072", "4608", "17408"]),
        ("4096", ["8192", "9216", "30720"], ["7168", "8704", "31744"]),
        (
            "8192",
            ["16384", "20480", "61440"],
            ["12288", "17408", "65536"],
        ),
        (
            "16384",
            ["32768", "40960", "122880"],
            ["24576", "36864", "131072"],
        ),
    ] {
        let found = |memory: &str| {
            let memory = format!("\"{memory}\"");
            let files = Files::default().with("\"512\"", &memory);
            files.with("\"256\"", &format!("\"{cpu}\"")).found()
        };
        for memory in fits {
            assert_eq!(found(memory), "", "{cpu} and {memory}");
        }
        for memory in fits_not {
            assert!(found(memory).contains("no size with"), "{cpu} and {memory}");
        }
    }
}

#[test]
fn ec2_has_rules_of_its_own() {
    let on_ec2 = || Files::default().with("[\"FARGATE\"]", "[\"EC2\"]");
    compare(
        [
            ("bridge", on_ec2().with("\"awsvpc\"", "\"bridge\""), ""),
            ("no memory", on_ec2().with("\"memory\": \"512\",", ""), "error taskdef.json:9:5 containerDefinitions[0].memory: neither the container nor the task says how much memory it may have → add memory or memoryReservation"),
            (
                "network without awsvpc",
                on_ec2().with("\"awsvpc\"", "\"bridge\"").with(
                    "ContainerPort: 8080",
                    "ContainerPort: 8080\n        NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-1], SecurityGroups: [sg-1], AssignPublicIp: DISABLED}}",
                ),
                "error appspec.yaml:10:31 Resources[0].TargetService.Properties.NetworkConfiguration: NetworkConfiguration goes with the network mode awsvpc only → set networkMode to awsvpc in the task definition, or remove NetworkConfiguration",
            ),
            (
                "network with an unknown mode",
                on_ec2().with("\"awsvpc\"", "\"default\"").with(
                    "ContainerPort: 8080",
                    "ContainerPort: 8080\n        NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-1], SecurityGroups: [sg-1], AssignPublicIp: DISABLED}}",
                ),
                "warning taskdef.json:4:18 networkMode: “default” is not known here → this worker knows bridge, host, awsvpc or none",
            ),
        ]
        .map(|(name, files, expected)| (name.to_owned(), files.found(), expected)),
    );
}
