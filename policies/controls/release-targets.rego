# id: release-targets
# title: A pipeline releases only to its own deployment groups and services
# why: One wrong name in an action can release a test build to production.
# remedy: Correct ApplicationName and DeploymentGroupName, or ClusterName and ServiceName, or have the pipeline allowed.
# link: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-groups.html
# parameters: forbidden, allowed
package controls.release_targets

parameters := object.get(data.control_parameters, "release-targets", {})

# The members that name the target.
names := ["account", "cluster", "service"] if {
	input.deployment.engine == "ecs"
}

names := ["account", "application", "group"] if {
	not input.deployment.engine == "ecs"
}

target := {name: input.deployment[name] | some name in names}

default in_account := ""

in_account := concat("", [" in the account ", target.account])

# Matches whole names. Without `null`, `*` would stop at a dot. An entry that
# names a deployment group matches no service, and the other way round. The
# account is that of the action's role, if it names one: there the same names
# are another team's.
matches(entry, pipeline, target) if {
	glob.match(object.get(entry, "pipeline", "*"), null, pipeline)
	every name, pattern in object.remove(entry, ["pipeline"]) {
		glob.match(pattern, null, target[name])
	}
}

# `forbidden` ignores case; `allowed` is case-sensitive.
forbidden if {
	some entry in object.get(parameters, "forbidden", [])
	small := {name: lower(pattern) | some name, pattern in entry}
	small_target := {name: lower(value) | some name, value in target}
	matches(small, lower(input.pipeline.name), small_target)
}

is_allowed if {
	some entry in object.get(parameters, "allowed", [])
	matches(entry, input.pipeline.name, target)
}

# If there is a list of allowed targets, only these pass.
forbidden if {
	count(object.get(parameters, "allowed", [])) > 0
	not is_allowed
}

deny contains finding if {
	forbidden
	finding := {
		"rule": "release-targets",
		"msg": concat("", ["the pipeline ", input.pipeline.name, " may not release into the group ", target.group, " of ", target.application, in_account]),
		"path": "/deployment/group",
		"remedy": "correct ApplicationName or DeploymentGroupName",
	}
}

deny contains finding if {
	forbidden
	finding := {
		"rule": "release-targets",
		"msg": concat("", ["the pipeline ", input.pipeline.name, " may not release to the service ", target.service, " in the cluster ", target.cluster, in_account]),
		"path": "/deployment/service",
		"remedy": "correct ClusterName or ServiceName",
	}
}
