# id: non-root
# title: No container runs as root
# why: For a container that runs as root, one vulnerability is enough to reach the host (Security Hub ECS.20, ECS.21).
# remedy: Set user to an unprivileged user; on Windows, to anything but ContainerAdministrator.
# link: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-20
package controls.non_root

windows if startswith(input.taskDefinition.runtimePlatform.operatingSystemFamily, "WINDOWS")

# The user without the group.
name(user) := trim_space(split(lower(user), ":")[0])

# Docker reads a sign and zeros as the number 0, which is root. Other spellings
# of zero are user names to Docker, but hardly ever intended ones.
signs_and_zeros := "+- 0٠۰߀०০੦૦୦௦౦೦൦๐໐０"

unwanted(user) if {
	not windows
	name(user) == "root"
}

# No user, and any spelling of zero.
unwanted(user) if {
	not windows
	trim(name(user), signs_and_zeros) == ""
}

# With or without a domain.
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
