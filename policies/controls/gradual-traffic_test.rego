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
