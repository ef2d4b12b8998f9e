package controls.gradual_traffic_test

import data.controls.gradual_traffic

of(pipeline, config) := {"pipeline": {"name": pipeline}, "deployment": {"group": "webapp", "config": config}}

test_all_at_once_in_production_is_refused if {
	count(gradual_traffic.deny) == 1 with input as of("webapp-prod", "CodeDeployDefault.ECSAllAtOnce")
	count(gradual_traffic.deny) == 1 with input as of("Production", "CodeDeployDefault.ECSAllAtOnce")
}

test_gradual_or_elsewhere_passes if {
	count(gradual_traffic.deny) == 0 with input as of("webapp-prod", "CodeDeployDefault.ECSLinear10PercentEvery1Minutes")
	count(gradual_traffic.deny) == 0 with input as of("webapp-test", "CodeDeployDefault.ECSAllAtOnce")
	count(gradual_traffic.deny) == 0 with input as {"pipeline": {"name": "webapp-prod"}, "deployment": {"group": "webapp"}}
}

test_a_list_allows_nothing_else if {
	parameters := {"gradual-traffic": {"pipelines": ["live"], "allowed": ["Slow"]}}
	count(gradual_traffic.deny) == 1 with input as of("live", "Fast") with data.control_parameters as parameters
	count(gradual_traffic.deny) == 0 with input as of("live", "Slow") with data.control_parameters as parameters
	count(gradual_traffic.deny) == 0 with input as of("webapp-prod", "Fast") with data.control_parameters as parameters
}

test_a_pipeline_is_meant_by_its_whole_name_in_any_case if {
	every name in ["prod", "PROD", "shop.prod.eu", "with.dots.Prod", "a/prod"] {
		count(gradual_traffic.deny) == 1 with input as of(name, "CodeDeployDefault.ECSAllAtOnce")
	}
	live := {"gradual-traffic": {"pipelines": ["live.*"]}}
	count(gradual_traffic.deny) == 1 with input as of("Live.eu.west", "CodeDeployDefault.ECSAllAtOnce") with data.control_parameters as live
	count(gradual_traffic.deny) == 0 with input as of("olive.eu", "CodeDeployDefault.ECSAllAtOnce") with data.control_parameters as live
}

test_the_configuration_is_meant_in_any_case_and_allowed_in_its_own if {
	count(gradual_traffic.deny) == 1 with input as of("prod", "codedeploydefault.ecsallatonce")
	every config in ["slow", "Slow ", "", "Slow.Er"] {
		count(gradual_traffic.deny) == 1 with input as of("prod", config) with data.control_parameters as {"gradual-traffic": {"allowed": ["Slow"]}}
	}
}

by_ecs(pipeline, strategy, percent, wait) := {
	"pipeline": {"name": pipeline},
	"deployment": {"engine": "ecs", "cluster": "prod", "service": "webapp", "strategy": strategy, "stepPercent": percent, "stepWaitSeconds": wait},
}

test_ecs_moves_traffic_in_steps if {
	every strategy in ["LINEAR", "CANARY"] {
		count(gradual_traffic.deny) == 0 with input as by_ecs("webapp-prod", strategy, 10, 60)
		count(gradual_traffic.deny) == 0 with input as by_ecs("webapp-prod", strategy, 99.9, 60)
		count(gradual_traffic.deny) == 1 with input as by_ecs("webapp-prod", strategy, 100, 60)
		count(gradual_traffic.deny) == 1 with input as by_ecs("webapp-prod", strategy, 10, 0)
	}
	every strategy in ["BLUE_GREEN", "ROLLING", "TIDAL", "linear", ""] {
		count(gradual_traffic.deny) == 1 with input as by_ecs("webapp-prod", strategy, 10, 60)
		count(gradual_traffic.deny) == 0 with input as by_ecs("webapp-test", strategy, 10, 60)
		count(gradual_traffic.deny) == 1 with input as {"pipeline": {"name": "prod"}, "deployment": {"engine": "ecs", "strategy": strategy}}
	}
	count(gradual_traffic.deny) == 0 with input as {"pipeline": {"name": "prod"}, "deployment": {"engine": "ecs"}}
}

test_a_list_is_of_strategies_too if {
	parameters := {"gradual-traffic": {"allowed": ["CANARY", "BLUE_GREEN"]}}
	count(gradual_traffic.deny) == 0 with input as by_ecs("prod", "CANARY", 5, 600) with data.control_parameters as parameters
	count(gradual_traffic.deny) == 1 with input as by_ecs("prod", "LINEAR", 5, 600) with data.control_parameters as parameters
	count(gradual_traffic.deny) == 1 with input as by_ecs("prod", "BLUE_GREEN", 5, 600) with data.control_parameters as parameters
}
