# id: release-targets
# title: A pipeline releases only to its own deployment groups
# why: One wrong name in an action can release a test build to production.
# remedy: Correct ApplicationName or DeploymentGroupName, or have the pipeline allowed.
# link: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-groups.html
# parameters: forbidden, allowed
package controls.release_targets

parameters := object.get(data.control_parameters, "release-targets", {})

# Matches whole names. Without `null`, `*` would stop at a dot.
matches(entry, pipeline, application, group) if {
	glob.match(object.get(entry, "pipeline", "*"), null, pipeline)
	glob.match(object.get(entry, "application", "*"), null, application)
	glob.match(object.get(entry, "group", "*"), null, group)
}

# `forbidden` ignores case; `allowed` is case-sensitive.
forbidden if {
	some entry in object.get(parameters, "forbidden", [])
	small := {name: lower(pattern) | some name, pattern in entry}
	matches(small, lower(input.pipeline.name), lower(input.deployment.application), lower(input.deployment.group))
}

is_allowed if {
	some entry in object.get(parameters, "allowed", [])
	matches(entry, input.pipeline.name, input.deployment.application, input.deployment.group)
}

# If there is a list of allowed groups, only these pass.
forbidden if {
	count(object.get(parameters, "allowed", [])) > 0
	not is_allowed
}

deny contains finding if {
	forbidden
	finding := {
		"rule": "release-targets",
		"msg": concat("", ["the pipeline ", input.pipeline.name, " may not release into the group ", input.deployment.group, " of ", input.deployment.application]),
		"path": "/deployment/group",
		"remedy": "correct ApplicationName or DeploymentGroupName",
	}
}
