//! The members of `RegisterTaskDefinition` that this build knows (docs/aws.md
//! §4.1). Used to explain mistakes; unknown members are registered all the
//! same.

mod container;

use Shape::{Boolean, Integer, List, Object, ObjectWithRequired, Text, TextMap, Word};
use container::CONTAINER;

/// The type of a value in the task definition.
pub(super) enum Shape {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    Integer,
    Boolean,
    List(&'static Shape),
    /// An object with any names and text values.
    TextMap,
    Object(&'static MemberTypes),
    /// An object with required members; the first list names them.
    ObjectWithRequired(&'static [&'static str], &'static MemberTypes),
}

impl Shape {
    /// The type of a member; `None` if it is unknown.
    pub(super) fn member(&self, name: &str) -> Option<&'static Shape> {
        match self {
            Object(known) | ObjectWithRequired(_, known) => {
                let member = known.iter().find(|(member, _)| *member == name);
                member.map(|(_, shape)| shape)
            }
            TextMap => Some(&Text),
            Text | Word(_) | Integer | Boolean | List(_) => None,
        }
    }

    /// The type of an element; `None` if this is not a list.
    pub(super) fn element(&self) -> Option<&'static Shape> {
        match self {
            List(element) => Some(element),
            Text | Word(_) | Integer | Boolean | TextMap | Object(_) | ObjectWithRequired(..) => {
                None
            }
        }
    }
}

/// The members of an object, by name.
pub(super) type MemberTypes = [(&'static str, Shape)];

/// Members that only `DescribeTaskDefinition` returns (docs/aws.md §4.2).
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
        ObjectWithRequired(
            &["containerName"],
            &[
                ("type", Word(&["APPMESH"])),
                ("containerName", Text),
                ("properties", List(&NAME_VALUE)),
            ],
        ),
    ),
    (
        "inferenceAccelerators",
        List(&ObjectWithRequired(
            &["deviceName", "deviceType"],
            &[("deviceName", Text), ("deviceType", Text)],
        )),
    ),
    (
        "ephemeralStorage",
        ObjectWithRequired(&["sizeInGiB"], &[("sizeInGiB", Integer)]),
    ),
    (
        "runtimePlatform",
        Object(&[
            ("cpuArchitecture", Word(&["X86_64", "ARM64"])),
            ("operatingSystemFamily", OPERATING_SYSTEM),
        ]),
    ),
    ("enableFaultInjection", Boolean),
    (
        "trustedExecutionConfiguration",
        ObjectWithRequired(
            &["isolationMode"],
            &[
                (
                    "isolationMode",
                    Word(&["SHARED", "ISOLATED_SANDBOX", "CONFIDENTIAL_SANDBOX"]),
                ),
                ("attestationPolicy", Text),
            ],
        ),
    ),
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
        ObjectWithRequired(
            &["fileSystemId"],
            &[
                ("fileSystemId", Text),
                ("rootDirectory", Text),
                ("transitEncryption", ON_OFF),
                ("transitEncryptionPort", Integer),
                (
                    "authorizationConfig",
                    Object(&[("accessPointId", Text), ("iam", ON_OFF)]),
                ),
            ],
        ),
    ),
    (
        "s3filesVolumeConfiguration",
        ObjectWithRequired(
            &["fileSystemArn"],
            &[
                ("fileSystemArn", Text),
                ("rootDirectory", Text),
                ("transitEncryptionPort", Integer),
                ("accessPointArn", Text),
            ],
        ),
    ),
    (
        "fsxWindowsFileServerVolumeConfiguration",
        ObjectWithRequired(
            &["fileSystemId", "rootDirectory", "authorizationConfig"],
            &[
                ("fileSystemId", Text),
                ("rootDirectory", Text),
                (
                    "authorizationConfig",
                    ObjectWithRequired(
                        &["credentialsParameter", "domain"],
                        &[("credentialsParameter", Text), ("domain", Text)],
                    ),
                ),
            ],
        ),
    ),
    ("configuredAtLaunch", Boolean),
]);
