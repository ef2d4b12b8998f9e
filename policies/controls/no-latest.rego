# id: no-latest
# title: No image uses the tag latest
# why: Two tasks of one release may run different images when the tag moves between their starts.
# remedy: Use a version tag or a digest.
# link: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
package controls.no_latest

deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	image := object.get(container, "image", "")
	not contains(image, "@")
	parts := split(image, "/")
	name := parts[count(parts) - 1]
	latest(name)
	finding := {
		"rule": "no-latest",
		"msg": concat("", ["the container ", object.get(container, "name", "without a name"), " takes the latest image of its repository"]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "image"]),
		"remedy": "name a version or a digest",
	}
}

latest(name) if not contains(name, ":")

latest(name) if endswith(name, ":latest")

latest(name) if endswith(name, ":")
