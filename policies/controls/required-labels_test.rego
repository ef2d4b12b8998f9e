package controls.required_labels_test

import data.controls.required_labels

parameters := {"required-labels": {"labels": ["team", "com.example.service"]}}

of(labels) := {"taskDefinition": {"containerDefinitions": [{"name": "web", "dockerLabels": labels}]}}

test_a_missing_or_empty_label_is_refused if {
	count(required_labels.deny) == 1 with input as of({"team": "payments"}) with data.control_parameters as parameters
	count(required_labels.deny) == 1 with input as of({"team": "payments", "com.example.service": " "}) with data.control_parameters as parameters
	count(required_labels.deny) == 2 with input as {"taskDefinition": {"containerDefinitions": [{"name": "web"}]}} with data.control_parameters as parameters
}

test_all_labels_pass if {
	count(required_labels.deny) == 0 with input as of({"team": "payments", "com.example.service": "web"}) with data.control_parameters as parameters
	count(required_labels.deny) == 0 with input as of({})
}
