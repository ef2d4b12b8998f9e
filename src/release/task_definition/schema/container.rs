//! The members of a container (docs/aws.md §4.1).

use super::Shape::{self, Boolean, Integer, List, Object, ObjectWithRequired, Text, TextMap, Word};
use super::TEXTS;

const SECRET: Shape = ObjectWithRequired(
    &["name", "valueFrom"],
    &[("name", Text), ("valueFrom", Text)],
);

/// Both members are optional in the API model, but a variable needs a name.
const VARIABLE: Shape = ObjectWithRequired(&["name"], &[("name", Text), ("value", Text)]);

pub(super) const CONTAINER: Shape = Object(&[
    ("name", Text),
    ("image", Text),
    (
        "repositoryCredentials",
        ObjectWithRequired(&["credentialsParameter"], &[("credentialsParameter", Text)]),
    ),
    ("cpu", Integer),
    ("memory", Integer),
    ("memoryReservation", Integer),
    ("links", TEXTS),
    ("portMappings", List(&PORT_MAPPING)),
    ("essential", Boolean),
    (
        "restartPolicy",
        ObjectWithRequired(
            &["enabled"],
            &[
                ("enabled", Boolean),
                ("ignoredExitCodes", List(&Integer)),
                ("restartAttemptPeriod", Integer),
            ],
        ),
    ),
    ("entryPoint", TEXTS),
    ("command", TEXTS),
    ("environment", List(&VARIABLE)),
    (
        "environmentFiles",
        List(&ObjectWithRequired(
            &["value", "type"],
            &[("value", Text), ("type", Word(&["s3"]))],
        )),
    ),
    (
        "mountPoints",
        List(&Object(&[
            ("sourceVolume", Text),
            ("containerPath", Text),
            ("readOnly", Boolean),
        ])),
    ),
    (
        "volumesFrom",
        List(&Object(&[("sourceContainer", Text), ("readOnly", Boolean)])),
    ),
    ("linuxParameters", LINUX_PARAMETERS),
    ("secrets", List(&SECRET)),
    (
        "dependsOn",
        List(&ObjectWithRequired(
            &["containerName", "condition"],
            &[
                ("containerName", Text),
                (
                    "condition",
                    Word(&["START", "COMPLETE", "SUCCESS", "HEALTHY"]),
                ),
            ],
        )),
    ),
    ("startTimeout", Integer),
    ("stopTimeout", Integer),
    ("versionConsistency", Word(&["enabled", "disabled"])),
    ("hostname", Text),
    ("user", Text),
    ("workingDirectory", Text),
    ("disableNetworking", Boolean),
    ("privileged", Boolean),
    ("readonlyRootFilesystem", Boolean),
    ("dnsServers", TEXTS),
    ("dnsSearchDomains", TEXTS),
    (
        "extraHosts",
        List(&ObjectWithRequired(
            &["hostname", "ipAddress"],
            &[("hostname", Text), ("ipAddress", Text)],
        )),
    ),
    ("dockerSecurityOptions", TEXTS),
    ("interactive", Boolean),
    ("pseudoTerminal", Boolean),
    ("dockerLabels", TextMap),
    ("ulimits", List(&ULIMIT)),
    (
        "logConfiguration",
        ObjectWithRequired(
            &["logDriver"],
            &[
                ("logDriver", LOG_DRIVER),
                ("options", TextMap),
                ("secretOptions", List(&SECRET)),
            ],
        ),
    ),
    (
        "healthCheck",
        ObjectWithRequired(
            &["command"],
            &[
                ("command", TEXTS),
                ("interval", Integer),
                ("timeout", Integer),
                ("retries", Integer),
                ("startPeriod", Integer),
            ],
        ),
    ),
    (
        "systemControls",
        List(&Object(&[("namespace", Text), ("value", Text)])),
    ),
    (
        "resourceRequirements",
        List(&ObjectWithRequired(
            &["type"],
            &[
                ("value", Text),
                (
                    "type",
                    Word(&["GPU", "InferenceAccelerator", "NeuronDevice"]),
                ),
                (
                    "sharingStrategy",
                    Object(&[(
                        "nvidiaMps",
                        ObjectWithRequired(
                            &["memory"],
                            &[("memory", Integer), ("maxComputePercent", Integer)],
                        ),
                    )]),
                ),
            ],
        )),
    ),
    (
        "firelensConfiguration",
        ObjectWithRequired(
            &["type"],
            &[
                ("type", Word(&["fluentd", "fluentbit"])),
                ("options", TextMap),
            ],
        ),
    ),
    ("credentialSpecs", TEXTS),
]);

const PORT_MAPPING: Shape = Object(&[
    ("containerPort", Integer),
    ("hostPort", Integer),
    ("protocol", Word(&["tcp", "udp"])),
    ("name", Text),
    ("appProtocol", Word(&["http", "http2", "grpc"])),
    ("containerPortRange", Text),
]);

const LOG_DRIVER: Shape = Word(&[
    "json-file",
    "syslog",
    "journald",
    "gelf",
    "fluentd",
    "awslogs",
    "splunk",
    "awsfirelens",
]);

const ULIMIT: Shape = ObjectWithRequired(
    &["name", "softLimit", "hardLimit"],
    &[
        (
            "name",
            Word(&[
                "core",
                "cpu",
                "data",
                "fsize",
                "locks",
                "memlock",
                "msgqueue",
                "nice",
                "nofile",
                "nproc",
                "rss",
                "rtprio",
                "rttime",
                "sigpending",
                "stack",
            ]),
        ),
        ("softLimit", Integer),
        ("hardLimit", Integer),
    ],
);

const LINUX_PARAMETERS: Shape = Object(&[
    ("capabilities", Object(&[("add", TEXTS), ("drop", TEXTS)])),
    (
        "devices",
        List(&ObjectWithRequired(
            &["hostPath"],
            &[
                ("hostPath", Text),
                ("containerPath", Text),
                ("permissions", List(&Word(&["read", "write", "mknod"]))),
            ],
        )),
    ),
    ("initProcessEnabled", Boolean),
    ("sharedMemorySize", Integer),
    (
        "tmpfs",
        List(&ObjectWithRequired(
            &["containerPath", "size"],
            &[
                ("containerPath", Text),
                ("size", Integer),
                ("mountOptions", TEXTS),
            ],
        )),
    ),
    ("maxSwap", Integer),
    ("swappiness", Integer),
]);
