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

by_ecs(settings) := {"deployment": object.union({"engine": "ecs", "cluster": "prod", "service": "webapp"}, settings)}

test_a_service_that_stops_without_a_rollback_is_refused if {
	every strategy in ["BLUE_GREEN", "LINEAR", "CANARY", "ROLLING"] {
		count(rollback.deny) == 1 with input as by_ecs({"strategy": strategy, "alarms": [], "circuitBreaker": {"rollback": false}})
		count(rollback.deny) == 1 with input as by_ecs({"strategy": strategy, "alarms": ["errors"], "alarmsRollBack": false, "circuitBreaker": {"rollback": true}})
		count(rollback.deny) == 2 with input as by_ecs({"strategy": strategy, "alarms": ["errors"], "circuitBreaker": {}})
	}
}

test_a_rolling_deployment_needs_a_circuit_breaker if {
	every strategy in ["ROLLING", "TIDAL", "blue_green", ""] {
		count(rollback.deny) == 1 with input as by_ecs({"strategy": strategy, "alarms": []})
	}
}

test_a_service_that_rolls_back_passes if {
	every strategy in ["BLUE_GREEN", "LINEAR", "CANARY"] {
		count(rollback.deny) == 0 with input as by_ecs({"strategy": strategy, "alarms": [], "alarmsRollBack": false})
		count(rollback.deny) == 0 with input as by_ecs({"strategy": strategy, "alarms": ["errors"], "alarmsRollBack": true, "circuitBreaker": {"rollback": true}})
	}
	count(rollback.deny) == 0 with input as by_ecs({"strategy": "ROLLING", "alarms": [], "circuitBreaker": {"rollback": true}})
	count(rollback.deny) == 0 with input as by_ecs({})
}
