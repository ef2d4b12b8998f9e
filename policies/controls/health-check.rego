# id: health-check
# title: Essential containers have a health check
# why: ECS can only replace a container that it knows to be unhealthy.
# remedy: Add healthCheck with a command that starts with CMD or CMD-SHELL.
# link: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
package controls.health_check

# Docker reads only the first word. After NONE or an unknown word it runs
# nothing.
is_run(command) if {
	command[0] in {"CMD", "CMD-SHELL"}
	trim_space(concat("", array.slice(command, 1, count(command)))) != ""
}

deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	object.get(container, "essential", true) != false
	not is_run(object.get(container, ["healthCheck", "command"], []))
	finding := {
		"rule": "health-check",
		"msg": concat("", ["the essential container ", object.get(container, "name", "without a name"), " has no health check"]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "healthCheck"]),
		"remedy": "add healthCheck with a command that starts with CMD or CMD-SHELL",
	}
}
