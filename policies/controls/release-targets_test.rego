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

to_service(pipeline, service) := {
	"pipeline": {"name": pipeline},
	"deployment": {"engine": "ecs", "cluster": "prod", "service": service},
}

test_services_are_targets_too if {
	services := {"release-targets": {"forbidden": [{"pipeline": "*-test", "cluster": "prod", "service": "*-live"}]}}
	every name in ["webapp-live", "Webapp-LIVE", "a.b-live"] {
		count(release_targets.deny) == 1 with input as to_service("webapp-test", name) with data.control_parameters as services
		count(release_targets.deny) == 0 with input as to_service("webapp-prod", name) with data.control_parameters as services
	}
	count(release_targets.deny) == 0 with input as to_service("webapp-test", "webapp-live.old") with data.control_parameters as services
	count(release_targets.deny) == 0 with input as of("webapp-test", "webapp-live") with data.control_parameters as services
	own := {"release-targets": {"allowed": [{"pipeline": "webapp-*", "service": "webapp-*"}]}}
	count(release_targets.deny) == 0 with input as to_service("webapp-prod", "webapp-live") with data.control_parameters as own
	count(release_targets.deny) == 1 with input as to_service("webapp-prod", "shop-live") with data.control_parameters as own
	count(release_targets.deny) == 1 with input as of("webapp-prod", "webapp-live") with data.control_parameters as own
	count(release_targets.deny) == 0 with input as to_service("webapp-test", "webapp-live")
}

test_an_entry_of_one_kind_is_of_no_use_for_the_other if {
	count(release_targets.deny) == 0 with input as to_service("webapp-test", "webapp-live") with data.control_parameters as forbidden
	count(release_targets.deny) == 1 with input as to_service("webapp-prod", "webapp-live") with data.control_parameters as allowed
}

test_an_account_is_that_of_the_role if {
	in_account := {"release-targets": {"allowed": [{"group": "webapp-live", "account": "111122223333"}]}}
	of_account := {"release-targets": {"forbidden": [{"account": "444455556666"}]}}
	own := json.patch(of("webapp", "webapp-live"), [{"op": "add", "path": "deployment/account", "value": "111122223333"}])
	of_others := json.patch(of("webapp", "webapp-live"), [{"op": "add", "path": "deployment/account", "value": "444455556666"}])
	every terms in [in_account, of_account] {
		count(release_targets.deny) == 0 with input as own with data.control_parameters as terms
		count(release_targets.deny) == 1 with input as of_others with data.control_parameters as terms
	}
	count(release_targets.deny) == 1 with input as of("webapp", "webapp-live") with data.control_parameters as in_account
	some finding in release_targets.deny with input as of_others with data.control_parameters as of_account
	contains(finding.msg, "of webapp in the account 444455556666")
}

test_a_pipeline_alone_means_targets_of_both_kinds if {
	by_pipeline := {"release-targets": {"forbidden": [{"pipeline": "old-*"}], "allowed": [{"pipeline": "*"}]}}
	every release in [of("old-shop", "live"), to_service("old-shop", "live")] {
		count(release_targets.deny) == 1 with input as release with data.control_parameters as by_pipeline
	}
	every release in [of("shop", "live"), to_service("shop", "live")] {
		count(release_targets.deny) == 0 with input as release with data.control_parameters as by_pipeline
	}
}
