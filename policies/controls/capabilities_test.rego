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

test_a_capability_is_the_same_in_every_spelling if {
	every name in ["SYS_ADMIN", "sys_admin", "CAP_SYS_ADMIN", "cap_Sys_Admin", " SYS_ADMIN ", "ALL", "all", ""] {
		count(capabilities.deny) == 1 with input as of([name])
	}
	every allowed in ["SYS_PTRACE", "sys_ptrace", "CAP_SYS_PTRACE", " cap_sys_ptrace"] {
		every name in ["SYS_PTRACE", "Sys_Ptrace", "CAP_SYS_PTRACE"] {
			count(capabilities.deny) == 0 with input as of([name, name]) with data.control_parameters as {"capabilities": {"allowed": [allowed]}}
		}
	}
}
