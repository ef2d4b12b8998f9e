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
