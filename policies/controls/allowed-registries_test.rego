package controls.allowed_registries_test

import data.controls.allowed_registries

of(image) := {"taskDefinition": {"containerDefinitions": [{"name": "web", "image": image}]}}

test_other_registries_are_refused if {
	every image in ["web:1", "ghcr.io/x/web:1", "example.com.evil.org/web:1", "example.com/b/web:1"] {
		count(allowed_registries.deny) == 1 with input as of(image) with data.allowed_registries as ["example.com/a", "public.ecr.aws/"]
	}
}

test_a_registry_of_the_list_passes if {
	every image in ["example.com/a/web:1", "public.ecr.aws/nginx/nginx:1"] {
		count(allowed_registries.deny) == 0 with input as of(image) with data.allowed_registries as ["example.com/a", "public.ecr.aws/"]
	}
}

test_without_a_list_nothing_is_allowed if {
	count(allowed_registries.deny) == 1 with input as of("example.com/a/web:1")
}

test_the_list_may_be_a_parameter if {
	parameters := {"allowed-registries": {"registries": ["example.com"]}}
	count(allowed_registries.deny) == 0 with input as of("example.com/a/web:1") with data.control_parameters as parameters
	count(allowed_registries.deny) == 1 with input as of("example.org/a/web:1") with data.control_parameters as parameters
}
