//! The members of `RegisterTaskDefinition` that this build knows
//! (aws-facts §4.1). It serves to explain mistakes; what is unknown here is
//! registered all the same.

use Shape::{Any, Boolean, Integer, List, Object, Text, TextMap, Word};

/// What a value of the task definition must be.
pub(super) enum Shape {
    Text,
    /// Text that is one of these words.
    Word(&'static [&'static str]),
    Integer,
    Boolean,
    List(&'static Shape),
    /// Any names, with text for values.
    TextMap,
    Object(&'static [(&'static str, Shape)]),
    /// Not looked into.
    Any,
}

/// Members that only `DescribeTaskDefinition` returns (aws-facts §4.2).
pub(super) const RESPONSE_ONLY: [&str; 9] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
];

const TEXTS: Shape = List(&Text);
const NAME_VALUE: Shape = Object(&[("name", Text), ("value", Text)]);
const SECRET: Shape = Object(&[("name", Text), ("valueFrom", Text)]);
const ON_OFF: Shape = Word(&["ENABLED", "DISABLED"]);

/// The whole task definition.
pub(super) const TASK_DEFINITION: Shape = Object(&[
    ("family", Text),
    ("taskRoleArn", Text),
    ("executionRoleArn", Text),
    ("networkMode", Word(&["bridge", "host", "awsvpc", "none"])),
    ("containerDefinitions", List(&CONTAINER)),
    ("volumes", List(&VOLUME)),
    (
        "placementConstraints",
        List(&Object(&[
            ("type", Word(&["memberOf"])),
            ("expression", Text),
        ])),
    ),
    (
        "requiresCompatibilities",
        List(&Word(&["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"])),
    ),
    ("cpu", Text),
    ("memory", Text),
    ("tags", List(&Object(&[("key", Text), ("value", Text)]))),
    ("pidMode", Word(&["host", "task"])),
    ("ipcMode", Word(&["host", "task", "none"])),
    (
        "proxyConfiguration",
        Object(&[
            ("type", Word(&["APPMESH"])),
            ("containerName", Text),
            ("properties", List(&NAME_VALUE)),
        ]),
    ),
    (
        "inferenceAccelerators",
        List(&Object(&[("deviceName", Text), ("deviceType", Text)])),
    ),
    ("ephemeralStorage", Object(&[("sizeInGiB", Integer)])),
    (
        "runtimePlatform",
        Object(&[
            ("cpuArchitecture", Word(&["X86_64", "ARM64"])),
            ("operatingSystemFamily", OPERATING_SYSTEM),
        ]),
    ),
    ("enableFaultInjection", Boolean),
]);

const OPERATING_SYSTEM: Shape = Word(&[
    "LINUX",
    "WINDOWS_SERVER_2016_FULL",
    "WINDOWS_SERVER_2019_CORE",
    "WINDOWS_SERVER_2019_FULL",
    "WINDOWS_SERVER_2004_CORE",
    "WINDOWS_SERVER_20H2_CORE",
    "WINDOWS_SERVER_2022_CORE",
    "WINDOWS_SERVER_2022_FULL",
    "WINDOWS_SERVER_2025_CORE",
    "WINDOWS_SERVER_2025_FULL",
]);

const CONTAINER: Shape = Object(&[
    ("name", Text),
    ("image", Text),
    (
        "repositoryCredentials",
        Object(&[("credentialsParameter", Text)]),
    ),
    ("cpu", Integer),
    ("memory", Integer),
    ("memoryReservation", Integer),
    ("links", TEXTS),
    ("portMappings", List(&PORT_MAPPING)),
    ("essential", Boolean),
    (
        "restartPolicy",
        Object(&[
            ("enabled", Boolean),
            ("ignoredExitCodes", List(&Integer)),
            ("restartAttemptPeriod", Integer),
        ]),
    ),
    ("entryPoint", TEXTS),
    ("command", TEXTS),
    ("environment", List(&NAME_VALUE)),
    (
        "environmentFiles",
        List(&Object(&[("value", Text), ("type", Word(&["s3"]))])),
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
        List(&Object(&[
            ("containerName", Text),
            (
                "condition",
                Word(&["START", "COMPLETE", "SUCCESS", "HEALTHY"]),
            ),
        ])),
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
        List(&Object(&[("hostname", Text), ("ipAddress", Text)])),
    ),
    ("dockerSecurityOptions", TEXTS),
    ("interactive", Boolean),
    ("pseudoTerminal", Boolean),
    ("dockerLabels", TextMap),
    ("ulimits", List(&ULIMIT)),
    (
        "logConfiguration",
        Object(&[
            ("logDriver", LOG_DRIVER),
            ("options", TextMap),
            ("secretOptions", List(&SECRET)),
        ]),
    ),
    (
        "healthCheck",
        Object(&[
            ("command", TEXTS),
            ("interval", Integer),
            ("timeout", Integer),
            ("retries", Integer),
            ("startPeriod", Integer),
        ]),
    ),
    (
        "systemControls",
        List(&Object(&[("namespace", Text), ("value", Text)])),
    ),
    (
        "resourceRequirements",
        List(&Object(&[
            ("value", Text),
            ("type", Word(&["GPU", "InferenceAccelerator"])),
        ])),
    ),
    (
        "firelensConfiguration",
        Object(&[
            ("type", Word(&["fluentd", "fluentbit"])),
            ("options", TextMap),
        ]),
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

const ULIMIT: Shape = Object(&[
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
]);

const LINUX_PARAMETERS: Shape = Object(&[
    ("capabilities", Object(&[("add", TEXTS), ("drop", TEXTS)])),
    (
        "devices",
        List(&Object(&[
            ("hostPath", Text),
            ("containerPath", Text),
            ("permissions", List(&Word(&["read", "write", "mknod"]))),
        ])),
    ),
    ("initProcessEnabled", Boolean),
    ("sharedMemorySize", Integer),
    (
        "tmpfs",
        List(&Object(&[
            ("containerPath", Text),
            ("size", Integer),
            ("mountOptions", TEXTS),
        ])),
    ),
    ("maxSwap", Integer),
    ("swappiness", Integer),
]);

const VOLUME: Shape = Object(&[
    ("name", Text),
    ("host", Object(&[("sourcePath", Text)])),
    (
        "dockerVolumeConfiguration",
        Object(&[
            ("scope", Word(&["task", "shared"])),
            ("autoprovision", Boolean),
            ("driver", Text),
            ("driverOpts", TextMap),
            ("labels", TextMap),
        ]),
    ),
    (
        "efsVolumeConfiguration",
        Object(&[
            ("fileSystemId", Text),
            ("rootDirectory", Text),
            ("transitEncryption", ON_OFF),
            ("transitEncryptionPort", Integer),
            (
                "authorizationConfig",
                Object(&[("accessPointId", Text), ("iam", ON_OFF)]),
            ),
        ]),
    ),
    ("s3filesVolumeConfiguration", Any),
    ("fsxWindowsFileServerVolumeConfiguration", Any),
    ("configuredAtLaunch", Boolean),
]);
