# id: logging
# title: Every container has a log configuration
# why: Without one, there is no record of what a container did (Security Hub ECS.9).
# remedy: Add logConfiguration with a logDriver.
# link: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-9
package controls.logging

deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	lower(trim_space(object.get(container, ["logConfiguration", "logDriver"], ""))) in {"", "none"}
	finding := {
		"rule": "logging",
		"msg": concat("", ["the container ", object.get(container, "name", "without a name"), " does not log"]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "logConfiguration"]),
		"remedy": "add logConfiguration with a logDriver",
	}
}
