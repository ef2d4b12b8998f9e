package controls.release_targets_test

import data.controls.release_targets

of(pipeline, group) := {"pipeline": {"name": pipeline}, "deployment": {"application": "webapp", "group": group}}

forbidden := {"release-targets": {"forbidden": [{"pipeline": "*-test", "group": "*-live"}]}}

allowed := {"release-targets": {"allowed": [
	{"pipeline": "webapp-prod", "application": "webapp", "group": "webapp-live"},
	{"pipeline": "webapp-*", "group": "webapp-staging"},
]}}

test_a_forbidden_target_is_refused if {
	count(release_targets.deny) == 1 with input as of("webapp-test", "webapp-live") with data.control_parameters as forbidden
}

test_what_no_list_allows_is_refused if {
	count(release_targets.deny) == 1 with input as of("webapp-test", "webapp-live") with data.control_parameters as allowed
}

test_what_is_meant_passes if {
	count(release_targets.deny) == 0 with input as of("webapp-test", "webapp-staging") with data.control_parameters as forbidden
	count(release_targets.deny) == 0 with input as of("webapp-prod", "webapp-live") with data.control_parameters as allowed
	count(release_targets.deny) == 0 with input as of("webapp-test", "webapp-staging") with data.control_parameters as allowed
	count(release_targets.deny) == 0 with input as of("webapp-test", "webapp-live")
}
