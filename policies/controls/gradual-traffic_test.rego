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
