//! What a release is deployed to. The kind of target decides who shifts the
//! traffic: CodeDeploy or ECS itself.

use std::collections::BTreeMap;
use std::fmt;

/// The target that the action's properties name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeployTarget {
    /// A CodeDeploy deployment group (action version 1).
    Group(GroupName),
    /// An ECS service that shifts its traffic itself (action version 2).
    Service(ServiceName),
}

/// Who shifts the traffic of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    CodeDeploy,
    Ecs,
}

impl Engine {
    /// Both, in the order of the action's versions.
    pub const ALL: [Self; 2] = [Self::CodeDeploy, Self::Ecs];

    /// The engine of an action with these properties. Jobs do not name their
    /// action's version. Only version 2 has a cluster and a service.
    #[must_use]
    pub fn of_properties(configuration: &BTreeMap<String, String>) -> Self {
        let has = |property| configuration.contains_key(property);
        if (has("ClusterName") || has("ServiceName")) && !has("ApplicationName") {
            Self::Ecs
        } else {
            Self::CodeDeploy
        }
    }
}

/// AWS's name for it.
impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CodeDeploy => "CodeDeploy",
            Self::Ecs => "ECS",
        })
    }
}

/// A deployment group, by the names of its application and itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName {
    pub application: String,
    pub group: String,
}

/// An ECS service, by the names of its cluster and itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceName {
    pub cluster: String,
    pub service: String,
}

impl DeployTarget {
    /// A deployment group.
    pub fn group(application: impl Into<String>, group: impl Into<String>) -> Self {
        Self::Group(GroupName {
            application: application.into(),
            group: group.into(),
        })
    }

    /// Who shifts its traffic.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self {
            Self::Group(_) => Engine::CodeDeploy,
            Self::Service(_) => Engine::Ecs,
        }
    }

    /// The action's properties that name it, with their values.
    #[must_use]
    pub fn properties(&self) -> [(&'static str, String); 2] {
        match self {
            Self::Group(name) => [
                ("ApplicationName", name.application.clone()),
                ("DeploymentGroupName", name.group.clone()),
            ],
            Self::Service(name) => [
                ("ClusterName", name.cluster.clone()),
                ("ServiceName", name.service.clone()),
            ],
        }
    }

    /// A service.
    pub fn service(cluster: impl Into<String>, service: impl Into<String>) -> Self {
        Self::Service(ServiceName {
            cluster: cluster.into(),
            service: service.into(),
        })
    }
}

/// As in `shop/web`: application and group.
impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.application, self.group)
    }
}

/// As in `prod/web`: cluster and service.
impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.cluster, self.service)
    }
}

/// As in `shop/web`: application and group, or cluster and service.
impl fmt::Display for DeployTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => name.fmt(f),
            Self::Service(name) => name.fmt(f),
        }
    }
}
