# id: platform-version
# title: Fargate tasks run on a current platform version
# why: An old platform version no longer gets its kernel and runtime patched (Security Hub ECS.10).
# remedy: Write LATEST, or leave PlatformVersion out.
# link: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-10
# parameters: linux, windows
package controls.platform_version

parameters := object.get(data.control_parameters, "platform-version", {})

family := object.get(input, ["taskDefinition", "runtimePlatform", "operatingSystemFamily"], "LINUX")

oldest := object.get(parameters, "linux", "1.4.0") if {
	not startswith(family, "WINDOWS")
}

oldest := object.get(parameters, "windows", "1.0.0") if {
	startswith(family, "WINDOWS")
}

# What CodeDeploy will ask for: LATEST unless the AppSpec says otherwise.
asked := object.get(input, ["appSpec", "Resources", 0, "TargetService", "Properties", "PlatformVersion"], "LATEST")

outdated(version) if {
	version != "LATEST"
	not semver.is_valid(version)
}

outdated(version) if {
	semver.is_valid(version)
	semver.compare(version, oldest) < 0
}

deny contains finding if {
	outdated(asked)
	finding := {
		"rule": "platform-version",
		"msg": concat("", ["the platform version ", asked, " is older than ", oldest]),
		"path": "/appSpec/Resources/0/TargetService/Properties/PlatformVersion",
		"remedy": "write LATEST, or leave PlatformVersion out",
	}
}
