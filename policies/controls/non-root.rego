# id: non-root
# title: No container runs as root
# why: A container that runs as root is one fault away from its host (Security Hub ECS.20, ECS.21).
# remedy: Set user to an unprivileged user; on Windows, to anything but ContainerAdministrator.
# link: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-20
package controls.non_root

windows if startswith(input.taskDefinition.runtimePlatform.operatingSystemFamily, "WINDOWS")

# The user without the group.
name(user) := trim_space(split(lower(user), ":")[0])

# Docker reads a sign and zeros as the number 0, and so root. The other zeros
# are names to it; nobody has such a name by chance.
signs_and_zeros := "+- 0٠۰߀०০੦૦୦௦౦೦൦๐໐０"

unwanted(user) if {
	not windows
	name(user) == "root"
}

# None at all, and zero however it is written.
unwanted(user) if {
	not windows
	trim(name(user), signs_and_zeros) == ""
}

# With or without the domain.
unwanted(user) if {
	windows
	parts := split(lower(user), "\\")
	trim_space(parts[count(parts) - 1]) in {"", "containeradministrator", "administrator", "system"}
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
