# id: plain-credentials
# title: No AWS credentials in plain environment variables
# why: Anybody who can describe a task definition can read its environment (Security Hub ECS.8).
# remedy: Use the task role, or secrets with valueFrom.
# link: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-8
package controls.plain_credentials

names := {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ECS_ENGINE_AUTH_DATA"}

deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	some j, variable in container.environment
	# Windows takes names of variables in any case.
	upper(trim_space(variable.name)) in names
	finding := {
		"rule": "plain-credentials",
		"msg": concat("", ["the container ", object.get(container, "name", "without a name"), " has ", variable.name, " in its plain environment"]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "environment", format_int(j, 10)]),
		"remedy": "use the task role, or secrets with valueFrom",
	}
}
