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

test_without_a_list_it_says_once_that_there_is_nothing_to_compare if {
	images := {"taskDefinition": {"containerDefinitions": [{"name": "web", "image": "web:1"}, {"name": "log", "image": "log:1"}]}}
	some finding in allowed_registries.deny with input as images
	contains(finding.msg, "nothing to compare")
	count(allowed_registries.deny) == 1 with input as images
	count(allowed_registries.deny) == 1 with input as images with data.allowed_registries as []
}

test_the_list_may_be_a_parameter if {
	parameters := {"allowed-registries": {"registries": ["example.com"]}}
	count(allowed_registries.deny) == 0 with input as of("example.com/a/web:1") with data.control_parameters as parameters
	count(allowed_registries.deny) == 1 with input as of("example.org/a/web:1") with data.control_parameters as parameters
}

list := {"allowed-registries": {"registries": ["example.com/a/", "docker.io/team", "LOCALHOST:5000", "localhost"]}}

test_spellings_of_an_allowed_image_pass if {
	every image in ["example.com/a/web:1", "EXAMPLE.com/a/web", "team/web", "docker.io/team/web:1", "localhost:5000/web", "localhost/web"] {
		count(allowed_registries.deny) == 0 with input as of(image) with data.control_parameters as list
	}
}

test_no_spelling_makes_another_image_an_allowed_one if {
	every image in ["", " example.com/a/web", "example.com/ab/web", "example.com.evil.org/a/web", "example.com:443/a/web", "web", "web:example.com/a", "team.evil.org/web", "docker.io/web", "localhost:80/web", "ｅxample.com/a/web"] {
		count(allowed_registries.deny) == 1 with input as of(image) with data.control_parameters as list
	}
}

test_an_image_of_docker_hub_may_leave_out_what_docker_adds if {
	hub := {"allowed-registries": {"registries": ["docker.io/library"]}}
	every image in ["nginx", "nginx:1.27", "library/nginx", "docker.io/library/nginx"] {
		count(allowed_registries.deny) == 0 with input as of(image) with data.control_parameters as hub
	}
	every image in ["localhost/web", "example.com/web", "Team/web", "a:1/web"] {
		count(allowed_registries.deny) == 1 with input as of(image) with data.control_parameters as {"allowed-registries": {"registries": ["docker.io"]}}
	}
	count(allowed_registries.deny) == 1 with input as of("nginx") with data.control_parameters as list
	count(allowed_registries.deny) == 1 with input as of("Team/web") with data.control_parameters as list
}
