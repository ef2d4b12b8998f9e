# id: allowed-registries
# title: Images come from registries that are allowed
# why: An image from elsewhere was not built, scanned or kept by the team.
# remedy: Push the image to one of the registries in data.allowed_registries.
# link: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
package controls.allowed_registries

# The list stands in a data document beside the policies. An entry is a host,
# or a host with the beginning of a repository's path.
allowed(image) if {
	some entry in data.allowed_registries
	startswith(image, concat("", [trim_suffix(entry, "/"), "/"]))
}

deny contains finding if {
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
