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

test_names_match_as_a_whole_with_their_dots if {
	forbidden_live := {"release-targets": {"forbidden": [{"pipeline": "*", "group": "live*"}]}}
	every pipeline in ["shop.test", "a.b.c", "web/app", "x"] {
		every group in ["live", "live.eu.west", "LIVE.eu"] {
			count(release_targets.deny) == 1 with input as of(pipeline, group) with data.control_parameters as forbidden_live
		}
		count(release_targets.deny) == 0 with input as of(pipeline, "alive.eu") with data.control_parameters as forbidden_live
	}
	allowed_shop := {"release-targets": {"allowed": [{"pipeline": "shop.*", "group": "*"}]}}
	count(release_targets.deny) == 0 with input as of("shop.prod.eu", "live.eu") with data.control_parameters as allowed_shop
	count(release_targets.deny) == 1 with input as of("workshop.prod", "live.eu") with data.control_parameters as allowed_shop
}

test_what_forbids_does_so_in_any_case_and_what_allows_only_as_written if {
	every pipeline in ["webapp-test", "WEBAPP-TEST", "Webapp-Test"] {
		count(release_targets.deny) == 1 with input as of(pipeline, "Webapp-LIVE") with data.control_parameters as forbidden
	}
	every pipeline in ["Webapp-prod", "WEBAPP-PROD", "webapp-prod ", " webapp-prod", "webapp-prod.x"] {
		count(release_targets.deny) == 1 with input as of(pipeline, "webapp-live") with data.control_parameters as allowed
	}
}
