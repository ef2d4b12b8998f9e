# id: platform-version
# title: Fargate tasks run on a current platform version
# why: An old platform version gets no kernel and runtime patches (Security Hub ECS.10).
# remedy: Set PlatformVersion to LATEST in the AppSpec, or remove it. If ECS deploys the service itself, set the service's platform version to LATEST.
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

# What CodeDeploy will request: LATEST unless the AppSpec sets another.
asked := object.get(input, ["appSpec", "Resources", 0, "TargetService", "Properties", "PlatformVersion"], "LATEST") if {
	not input.deployment.engine == "ecs"
}

# ECS's own deployments keep the service's.
asked := object.get(input, ["service", "platformVersion"], "LATEST") if {
	input.deployment.engine == "ecs"
}

advice := {
	"path": "/appSpec/Resources/0/TargetService/Properties/PlatformVersion",
	"remedy": "write LATEST, or leave PlatformVersion out",
} if {
	not input.deployment.engine == "ecs"
}

advice := {"path": "/service/platformVersion", "remedy": "set the service's platform version to LATEST"} if {
	input.deployment.engine == "ecs"
}

whole(text) if text == "0"

whole(text) if {
	text != ""
	not startswith(text, "0")
	trim(text, "0123456789") == ""
}

# `1.4.0` as [1, 4, 0]; ECS accepts no other form.
numbers(version) := [to_number(part) | some part in split(version, ".")] if {
	parts := split(version, ".")
	count(parts) == 3
	count([part | some part in parts; whole(part)]) == 3
}

current(version) if version == "LATEST"

current(version) if numbers(version) >= numbers(oldest)

deny contains finding if {
	not current(asked)
	finding := {
		"rule": "platform-version",
		"msg": concat("", ["the platform version ", asked, " is neither LATEST nor ", oldest, " or later"]),
		"path": advice.path,
		"remedy": advice.remedy,
	}
}
