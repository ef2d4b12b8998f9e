package controls.rollback_test

import data.controls.rollback

of(events) := {"deployment": {"group": "webapp", "autoRollback": events}}

test_a_group_that_stays_broken_is_refused if {
	count(rollback.deny) == 1 with input as of([])
	count(rollback.deny) == 1 with input as of(["DEPLOYMENT_STOP_ON_ALARM"])
}

test_a_group_that_rolls_back_passes if {
	count(rollback.deny) == 0 with input as of(["DEPLOYMENT_FAILURE"])
	count(rollback.deny) == 0 with input as {"deployment": {"group": "webapp"}}
}

test_another_event_does_not_do if {
	every events in [["deployment_failure"], [" DEPLOYMENT_FAILURE"], ["DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_REQUEST"]] {
		count(rollback.deny) == 1 with input as of(events)
	}
	count(rollback.deny) == 0 with input as of(["DEPLOYMENT_FAILURE", "DEPLOYMENT_FAILURE"])
}
