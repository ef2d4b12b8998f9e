package controls.capabilities_test

import data.controls.capabilities

of(names) := {"taskDefinition": {"containerDefinitions": [{"name": "web", "linuxParameters": {"initProcessEnabled": true, "capabilities": {"add": names, "drop": ["ALL"]}}}]}}

test_added_capabilities_are_refused if {
	count(capabilities.deny) == 1 with input as of(["SYS_ADMIN"])
	count(capabilities.deny) == 2 with input as of(["SYS_PTRACE", "ALL"])
}

test_what_the_team_allows_and_dropping_passes if {
	count(capabilities.deny) == 0 with input as of([])
	count(capabilities.deny) == 0 with input as of(["SYS_PTRACE"]) with data.control_parameters as {"capabilities": {"allowed": ["SYS_PTRACE"]}}
	count(capabilities.deny) == 1 with input as of(["SYS_PTRACE", "NET_ADMIN"]) with data.control_parameters as {"capabilities": {"allowed": ["SYS_PTRACE"]}}
	count(capabilities.deny) == 0 with input as {"taskDefinition": {"containerDefinitions": [{"name": "web"}]}}
}
