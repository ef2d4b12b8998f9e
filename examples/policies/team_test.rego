package main_test

import rego.v1

import data.main

logging_to(group) := {"taskDefinition": {"containerDefinitions": [{
	"name": "web",
	"logConfiguration": {"options": {"awslogs-group": group}},
}]}}

test_logs_elsewhere_are_refused if {
	count(main.deny) == 1 with input as logging_to("/tmp/web")
}

test_logs_below_the_prefix_pass if {
	count(main.deny) == 0 with input as logging_to("/ecs/web")
}

test_much_memory_is_a_warning if {
	count(main.warn) == 1 with input as {"taskDefinition": {"memory": "8192"}}
	count(main.warn) == 0 with input as {"taskDefinition": {"memory": "512"}}
}
