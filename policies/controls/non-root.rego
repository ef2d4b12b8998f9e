# id: non-root
# title: No container runs as root
# why: A container that runs as root is one fault away from its host (Security Hub ECS.20, ECS.21).
# remedy: Set user to an unprivileged user; on Windows, to anything but ContainerAdministrator.
# link: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-20
package controls.non_root

windows if startswith(input.taskDefinition.runtimePlatform.operatingSystemFamily, "WINDOWS")

# `0`, `root`, and either with a group.
unwanted(user) if {
	not windows
	split(lower(trim_space(user)), ":")[0] in {"", "root"}
}

unwanted(user) if {
	not windows
	regex.match(`^\s*0+\s*(:|$)`, user)
}

unwanted(user) if {
	windows
	lower(trim_space(user)) in {"", "containeradministrator"}
}

deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	unwanted(object.get(container, "user", ""))
	finding := {
		"rule": "non-root",
		"msg": concat("", ["the container ", object.get(container, "name", "without a name"), " does not set an unprivileged user"]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "user"]),
		"remedy": "set user, such as 10001:10001",
	}
}
