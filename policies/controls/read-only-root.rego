# id: read-only-root
# title: Every container's root file system is read-only
# why: An attacker cannot change the running program (Security Hub ECS.5).
# remedy: Set readonlyRootFilesystem to true and mount volumes for writable paths.
# link: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-5
package controls.read_only_root

windows if startswith(input.taskDefinition.runtimePlatform.operatingSystemFamily, "WINDOWS")

deny contains finding if {
	# Windows containers have no such setting.
	not windows
	some i, container in input.taskDefinition.containerDefinitions
	object.get(container, "readonlyRootFilesystem", false) != true
	finding := {
		"rule": "read-only-root",
		"msg": concat("", ["the container ", object.get(container, "name", "without a name"), " can write to its root file system"]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "readonlyRootFilesystem"]),
		"remedy": "set readonlyRootFilesystem to true",
	}
}
