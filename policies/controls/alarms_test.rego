package controls.alarms_test

import data.controls.alarms

test_a_group_without_alarms_is_refused if {
	count(alarms.deny) == 1 with input as {"deployment": {"group": "webapp", "alarms": []}}
}

test_a_group_with_alarms_passes if {
	count(alarms.deny) == 0 with input as {"deployment": {"group": "webapp", "alarms": ["errors"]}}
	count(alarms.deny) == 0 with input as {"deployment": {"group": "webapp"}}
}

test_alarms_written_twice_are_alarms_and_null_is_unknown if {
	count(alarms.deny) == 0 with input as {"deployment": {"group": "webapp", "alarms": ["errors", "errors"]}}
	count(alarms.deny) == 0 with input as {"deployment": {"group": "webapp"}}
}

test_a_service_that_ecs_deploys_itself_needs_alarms_too if {
	named := {"engine": "ecs", "cluster": "prod", "service": "webapp"}
	count(alarms.deny) == 1 with input as {"deployment": object.union(named, {"alarms": []})}
	count(alarms.deny) == 0 with input as {"deployment": object.union(named, {"alarms": ["errors"]})}
	count(alarms.deny) == 0 with input as {"deployment": named}
}
