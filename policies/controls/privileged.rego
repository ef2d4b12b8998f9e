# id: privileged
# title: No container is privileged
# why: A privileged container has the rights of root on its host (Security Hub ECS.4).
# remedy: Remove privileged; add individual capabilities if they are needed.
# link: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-4
package controls.privileged

deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	object.get(container, "privileged", false) != false
	finding := {
		"rule": "privileged",
		"msg": concat("", ["the container ", object.get(container, "name", "without a name"), " is privileged"]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "privileged"]),
		"remedy": "remove privileged",
	}
}
