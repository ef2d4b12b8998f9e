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

test_a_blank_label_is_none_and_its_name_has_one_case if {
	every value in ["", " ", "\t", "\n", "\u00a0", "\u3000"] {
		count(required_labels.deny) == 1 with input as of({"team": value, "com.example.service": "web"}) with data.control_parameters as parameters
	}
	every name in ["Team", "TEAM", " team", "team "] {
		count(required_labels.deny) == 1 with input as of({name: "payments", "com.example.service": "web"}) with data.control_parameters as parameters
	}
}
