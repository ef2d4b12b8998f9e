# id: release-targets
# title: A pipeline releases only into the groups that are meant for it
# why: One wrong name in an action puts a test build into production.
# remedy: Correct ApplicationName or DeploymentGroupName, or have the pipeline allowed.
# link: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-groups.html
# parameters: forbidden, allowed
package controls.release_targets

parameters := object.get(data.control_parameters, "release-targets", {})

matches(entry) if {
	glob.match(object.get(entry, "pipeline", "*"), [], input.pipeline.name)
	glob.match(object.get(entry, "application", "*"), [], input.deployment.application)
	glob.match(object.get(entry, "group", "*"), [], input.deployment.group)
}

forbidden if {
	some entry in object.get(parameters, "forbidden", [])
	matches(entry)
}

# With a list of what is allowed, nothing else is.
forbidden if {
	allowed := object.get(parameters, "allowed", [])
	count(allowed) > 0
	count([entry | some entry in allowed; matches(entry)]) == 0
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
