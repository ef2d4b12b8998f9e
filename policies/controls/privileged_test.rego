package controls.privileged_test

import data.controls.privileged

of(containers) := {"taskDefinition": {"containerDefinitions": containers}}

test_a_privileged_container_is_refused_wherever_it_stands if {
	found := privileged.deny with input as of([{"name": "web"}, {"name": "agent", "privileged": true}])
	count(found) == 1
	some finding in found
	finding.path == "/containerDefinitions/1/privileged"
}

test_an_ordinary_container_passes if {
	count(privileged.deny) == 0 with input as of([{"name": "web"}, {"name": "b", "privileged": false}])
}

test_nothing_but_false_or_nothing_passes if {
	every value in [true, "true", "false", "TRUE", "", 0, 1, null] {
		count(privileged.deny) == 1 with input as of([{"name": "web", "privileged": value}])
	}
	count(privileged.deny) == 2 with input as of([{"name": "web", "privileged": true}, {"name": "web", "privileged": true}])
}
