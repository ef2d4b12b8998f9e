package controls.platform_version_test

import data.controls.platform_version

of(version, family) := {
	"taskDefinition": {"runtimePlatform": {"operatingSystemFamily": family}},
	"appSpec": {"Resources": [{"TargetService": {"Properties": {"PlatformVersion": version}}}]},
}

test_an_old_version_is_refused if {
	count(platform_version.deny) == 1 with input as of("1.3.0", "LINUX")
	count(platform_version.deny) == 1 with input as of("0.9.0", "WINDOWS_SERVER_2022_CORE")
	count(platform_version.deny) == 1 with input as of("newest", "LINUX")
}

test_a_current_one_passes if {
	count(platform_version.deny) == 0 with input as of("LATEST", "LINUX")
	count(platform_version.deny) == 0 with input as of("1.4.0", "LINUX")
	count(platform_version.deny) == 0 with input as of("1.0.0", "WINDOWS_SERVER_2022_CORE")
	count(platform_version.deny) == 0 with input as {"taskDefinition": {}}
}

test_the_team_may_ask_for_more if {
	count(platform_version.deny) == 1 with input as of("1.4.0", "LINUX")
		with data.control_parameters as {"platform-version": {"linux": "1.5.0"}}
}

test_what_ecs_does_not_read_as_a_version_is_none if {
	every version in ["", "latest", "Latest", " LATEST", "1", "1.4", "1.4.0.0", "1.4.x", "v1.4.0", "1.4.0-beta", "1.4.0+x", "01.4.0", "1.04.0", "1.4.0 ", " 1.4.0", "1.-4.0", "+1.4.0", "１.４.０", "1..0"] {
		count(platform_version.deny) == 1 with input as of(version, "LINUX")
	}
	every version in ["1.4.0", "1.4.1", "1.10.0", "2.0.0", "10.0.0"] {
		count(platform_version.deny) == 0 with input as of(version, "LINUX")
	}
}

test_a_version_to_compare_with_that_is_none_lets_nothing_pass if {
	count(platform_version.deny) == 1 with input as of("1.4.0", "LINUX") with data.control_parameters as {"platform-version": {"linux": "1.4"}}
}

test_ecs_itself_keeps_the_services_version if {
	every version in ["1.3.0", "1.4", "latest", ""] {
		count(platform_version.deny) == 1 with input as {"deployment": {"engine": "ecs"}, "service": {"platformVersion": version}}
		count(platform_version.deny) == 0 with input as {"deployment": {"engine": "codedeploy"}, "service": {"platformVersion": version}}
	}
	every version in ["1.4.0", "LATEST"] {
		count(platform_version.deny) == 0 with input as {"deployment": {"engine": "ecs"}, "service": {"platformVersion": version}}
	}
	count(platform_version.deny) == 0 with input as {"deployment": {"engine": "ecs"}}
}
