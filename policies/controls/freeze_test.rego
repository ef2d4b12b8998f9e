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
