package controls.digest_test

import data.controls.digest

of(image) := {"taskDefinition": {"containerDefinitions": [{"name": "web", "image": image}]}}

pinned := "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web@sha256:0000000000000000000000000000000000000000000000000000000000000000"

test_a_tag_is_refused if {
	count(digest.deny) == 1 with input as of("web:1.4")
	count(digest.deny) == 1 with input as of("web@sha256:00")
	count(digest.deny) == 1 with input as of(concat("", [pinned, "0"]))
	count(digest.deny) == 1 with input as of(replace(pinned, "0000", "000G"))
	count(digest.deny) == 1 with input as {"taskDefinition": {"containerDefinitions": [{}]}}
}

test_a_digest_passes if {
	count(digest.deny) == 0 with input as of(pinned)
}

test_nothing_but_a_digest_in_full_passes if {
	hex := "0000000000000000000000000000000000000000000000000000000000000000"
	every image in ["", "@", hex, concat("", ["web@SHA256:", hex]), concat("", ["web@sha256: ", hex]), concat("", ["web@sha512:", hex]), concat("", ["web:sha256:", hex]), concat("", ["web@sha256:", upper(replace(hex, "0", "a"))]), concat("", ["web@sha256:", replace(hex, "0", "０")])] {
		count(digest.deny) == 1 with input as of(image)
	}
	count(digest.deny) == 0 with input as of(concat("", ["web:latest@sha256:", hex]))
}
