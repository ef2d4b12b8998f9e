package controls.required_tags_test

import data.controls.required_tags

parameters := {"required-tags": {"tags": ["team", "cost-centre"]}}

of(tags) := {"taskDefinition": {"family": "webapp", "tags": tags}}

test_a_missing_or_empty_tag_is_refused if {
	count(required_tags.deny) == 1 with input as of([{"key": "team", "value": "payments"}]) with data.control_parameters as parameters
	count(required_tags.deny) == 1 with input as of([{"key": "team", "value": ""}, {"key": "cost-centre", "value": "4711"}]) with data.control_parameters as parameters
	count(required_tags.deny) == 2 with input as {"taskDefinition": {}} with data.control_parameters as parameters
}

test_all_tags_pass if {
	count(required_tags.deny) == 0 with input as of([{"key": "team", "value": "payments"}, {"key": "cost-centre", "value": "4711"}]) with data.control_parameters as parameters
	count(required_tags.deny) == 0 with input as of([])
}

test_a_blank_tag_is_none_and_its_key_has_one_case if {
	every tag in [{"key": "team"}, {"key": "team", "value": ""}, {"key": "team", "value": " \u3000"}, {"key": "Team", "value": "x"}, {"key": " team", "value": "x"}, {"value": "team"}] {
		count(required_tags.deny) == 1 with input as of([tag, {"key": "cost-centre", "value": "4711"}]) with data.control_parameters as parameters
	}
	# Whichever of two that bear one key ECS would take.
	count(required_tags.deny) == 0 with input as of([{"key": "team", "value": ""}, {"key": "team", "value": "x"}, {"key": "cost-centre", "value": "4711"}]) with data.control_parameters as parameters
}
