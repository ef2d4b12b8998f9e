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
