# id: health-check
# title: Essential containers have a health check
# why: ECS can only replace what it can tell to be broken.
# remedy: Add healthCheck with a command that starts with CMD or CMD-SHELL.
# link: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
package controls.health_check

# Docker looks at the first word alone: behind NONE or a word that it does not
# know, nothing is run.
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
