package controls.health_check_test

import data.controls.health_check

of(container) := {"taskDefinition": {"containerDefinitions": [container]}}

test_an_essential_container_without_one_is_refused if {
	count(health_check.deny) == 1 with input as of({"name": "web"})
	count(health_check.deny) == 1 with input as of({"name": "web", "healthCheck": {"command": ["NONE"]}})
}

test_a_checked_or_a_helping_container_passes if {
	count(health_check.deny) == 0 with input as of({"name": "web", "healthCheck": {"command": ["CMD", "/health"]}})
	count(health_check.deny) == 0 with input as of({"name": "init", "essential": false})
}

test_a_command_that_docker_does_not_run_is_none if {
	every command in [[], ["NONE"], ["NONE", "CMD", "/health"], ["none"], ["CMD"], ["CMD-SHELL"], ["CMD-SHELL", ""], ["CMD-SHELL", " "], ["cmd-shell", "/health"], ["/health"], [" CMD", "/health"], [""]] {
		count(health_check.deny) == 1 with input as of({"name": "web", "healthCheck": {"command": command}})
	}
	count(health_check.deny) == 1 with input as of({"name": "web", "healthCheck": {}})
	count(health_check.deny) == 0 with input as of({"name": "web", "healthCheck": {"command": ["CMD-SHELL", "/health || exit 1"]}})
}

test_a_container_is_essential_unless_it_says_no if {
	every essential in [true, "false", null, 0] {
		count(health_check.deny) == 1 with input as of({"name": "web", "essential": essential})
	}
}
