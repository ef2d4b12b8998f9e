# id: allowed-registries
# title: Images come from allowed registries
# why: Your team did not build, scan or retain an image from another registry.
# remedy: Push the image to one of the team's registries.
# link: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
# parameters: registries
package controls.allowed_registries

# An entry is a host, or a host with a prefix of the repository path.
entries contains entry if {
	some entry in object.get(data.control_parameters, ["allowed-registries", "registries"], [])
}

# The list can also be in a data document of the policy set.
entries contains entry if {
	some entry in data.allowed_registries
}

# To Docker, the part before the first `/` is a host if it contains a dot, a
# port or a capital letter, or is `localhost`. Other images are on Docker Hub.
is_host(first) if contains(first, ".")

is_host(first) if contains(first, ":")

is_host(first) if lower(first) != first

is_host(first) if first == "localhost"

full(name) := lower(concat("", ["docker.io/library/", name])) if not contains(name, "/")

full(name) := lower(concat("", ["docker.io/", name])) if {
	contains(name, "/")
	not is_host(split(name, "/")[0])
}

full(name) := lower(name) if {
	contains(name, "/")
	is_host(split(name, "/")[0])
}

allowed(image) if {
	some entry in entries
	startswith(full(image), full(concat("", [trim_suffix(entry, "/"), "/"])))
}

# Without a list there is nothing to compare: one finding, not one per image.
deny contains finding if {
	count(entries) == 0
	finding := {
		"rule": "allowed-registries",
		"msg": "no registries are configured, so this control had nothing to compare the images with",
		"remedy": "list them as registries in the policy terms, or switch the control off",
	}
}

deny contains finding if {
	count(entries) > 0
	some i, container in input.taskDefinition.containerDefinitions
	image := object.get(container, "image", "")
	not allowed(image)
	finding := {
		"rule": "allowed-registries",
		"msg": concat("", ["the image of the container ", object.get(container, "name", "without a name"), " comes from a registry that is not allowed"]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "image"]),
		"remedy": "push it to one of the team's registries",
	}
}
