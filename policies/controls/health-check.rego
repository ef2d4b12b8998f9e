# id: health-check
# title: Essential containers have a health check
# why: ECS can only replace what it can tell to be broken.
# remedy: Add healthCheck with a command.
# link: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
package controls.health_check

deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	object.get(container, "essential", true) != false
	command := object.get(container, ["healthCheck", "command"], [])
	count([word | some word in command; word != "NONE"]) == 0
	finding := {
		"rule": "health-check",
		"msg": concat("", ["the essential container ", object.get(container, "name", "without a name"), " has no health check"]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "healthCheck"]),
		"remedy": "add healthCheck with a command",
	}
}
