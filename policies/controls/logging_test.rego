package controls.logging_test

import data.controls.logging

of(container) := {"taskDefinition": {"containerDefinitions": [container]}}

test_a_silent_container_is_refused if {
	count(logging.deny) == 1 with input as of({"name": "web"})
	count(logging.deny) == 1 with input as of({"name": "web", "logConfiguration": {"logDriver": "none"}})
}

test_a_container_that_logs_passes if {
	count(logging.deny) == 0 with input as of({"name": "web", "logConfiguration": {"logDriver": "awslogs"}})
}

test_no_spelling_of_nothing_logs if {
	every configuration in [{}, {"logDriver": ""}, {"logDriver": " "}, {"logDriver": "none"}, {"logDriver": "NONE"}, {"logDriver": " none"}, {"options": {"awslogs-group": "web"}}] {
		count(logging.deny) == 1 with input as of({"name": "web", "logConfiguration": configuration})
	}
}
