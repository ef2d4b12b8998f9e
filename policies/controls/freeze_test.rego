package controls.freeze_test

import data.controls.freeze

at(time) := {"time": time, "pipeline": {"name": "webapp-prod"}}

holidays := {"freeze": {"windows": [{"from": "2026-12-20T00:00:00Z", "to": "2027-01-02T00:00:00+01:00", "reason": "holidays"}]}}

weekends := {"freeze": {"windows": [{"days": ["Saturday", "Sunday"], "zone": "Europe/Berlin", "reason": "weekend", "pipelines": ["*-PROD"]}]}}

test_a_release_in_the_window_is_refused if {
	count(freeze.deny) == 1 with input as at("2026-12-20T00:00:00Z") with data.control_parameters as holidays
	count(freeze.deny) == 1 with input as at("2027-01-01T22:59:59Z") with data.control_parameters as holidays
}

test_a_day_of_the_week_counts_in_its_time_zone if {
	count(freeze.deny) == 1 with input as at("2026-11-27T23:30:00Z") with data.control_parameters as weekends
	count(freeze.deny) == 0 with input as at("2026-11-27T22:30:00Z") with data.control_parameters as weekends
}

test_outside_of_every_window_passes if {
	count(freeze.deny) == 0 with input as at("2026-12-19T23:59:59Z") with data.control_parameters as holidays
	count(freeze.deny) == 0 with input as at("2027-01-01T23:00:00Z") with data.control_parameters as holidays
	count(freeze.deny) == 0 with input as at("2026-12-25T00:00:00Z")
}

test_another_pipeline_passes if {
	count(freeze.deny) == 0 with input as {"time": "2026-11-28T12:00:00Z", "pipeline": {"name": "webapp-test"}} with data.control_parameters as weekends
}

test_a_window_concerns_whole_names_in_any_case if {
	every name in ["webapp", "with.dot", "shop.prod.eu", "SHOP", "a/b", ""] {
		every window in [{}, {"pipelines": ["*"]}] {
			always := object.union({"from": "2026-12-20T00:00:00Z", "to": "2027-01-02T00:00:00Z"}, window)
			count(freeze.deny) == 1 with input as {"time": "2026-12-24T00:00:00Z", "pipeline": {"name": name}} with data.control_parameters as {"freeze": {"windows": [always]}}
		}
	}
	every name in ["shop.prod.eu", "Shop.PROD.eu"] {
		some_days := {"freeze": {"windows": [{"days": ["Saturday"], "pipelines": ["shop*EU"]}]}}
		count(freeze.deny) == 1 with input as {"time": "2026-11-28T12:00:00Z", "pipeline": {"name": name}} with data.control_parameters as some_days
		count(freeze.deny) == 0 with input as {"time": "2026-11-28T12:00:00Z", "pipeline": {"name": concat("", [name, "2"])}} with data.control_parameters as some_days
	}
}

test_a_window_for_all_needs_no_name if {
	count(freeze.deny) == 1 with input as {"time": "2026-12-24T00:00:00Z"} with data.control_parameters as holidays
}

test_windows_written_twice_are_one_finding_and_a_moment_has_many_spellings if {
	window := holidays.freeze.windows[0]
	every time in ["2026-12-20T00:00:00Z", "2026-12-20T01:00:00+01:00", "2026-12-19T19:00:00-05:00", "2026-12-20T00:00:00.000000001Z"] {
		count(freeze.deny) == 1 with input as at(time) with data.control_parameters as {"freeze": {"windows": [window, window]}}
	}
}

test_whoever_moves_the_traffic if {
	every deployment in [{"engine": "codedeploy", "group": "webapp"}, {"engine": "ecs", "service": "webapp"}] {
		release := object.union(at("2026-12-24T00:00:00Z"), {"deployment": deployment})
		count(freeze.deny) == 1 with input as release with data.control_parameters as holidays
		count(freeze.deny) == 0 with input as release
	}
}
