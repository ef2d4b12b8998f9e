package controls.no_latest_test

import data.controls.no_latest

of(image) := {"taskDefinition": {"containerDefinitions": [{"name": "web", "image": image}]}}

test_latest_is_refused_also_where_it_is_not_written if {
	every image in ["web", "web:latest", "localhost:5000/web", "example.com/a/web:latest"] {
		count(no_latest.deny) == 1 with input as of(image)
	}
}

test_a_version_or_a_digest_passes if {
	every image in ["web:1.4", "localhost:5000/web:1", "web@sha256:00", "web:latest@sha256:00"] {
		count(no_latest.deny) == 0 with input as of(image)
	}
}

test_a_tag_is_written_or_it_is_the_latest if {
	every image in ["", "web:", "web:latest", "localhost:5000/web", "example.com:443/a/web", "EXAMPLE.com/web", "a.b/c/web:latest"] {
		count(no_latest.deny) == 1 with input as of(image)
	}
	# Another tag to every registry.
	count(no_latest.deny) == 0 with input as of("web:LATEST")
	count(no_latest.deny) == 1 with input as {"taskDefinition": {"containerDefinitions": [{}]}}
}
