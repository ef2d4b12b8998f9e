# id: digest
# title: Every image is pinned by its digest
# why: A tag can be moved after the release was checked; a digest identifies the exact image.
# remedy: Write the image as repository@sha256:…, or set PinDigest=true in Options.
# link: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
package controls.digest

# String functions, because compiling a pattern costs more than all else here.
pinned(image) if {
	parts := split(image, "@sha256:")
	count(parts) == 2
	count(parts[1]) == 64
	trim(parts[1], "0123456789abcdef") == ""
}

deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	image := object.get(container, "image", "")
	not pinned(image)
	finding := {
		"rule": "digest",
		"msg": concat("", ["the image of the container ", object.get(container, "name", "without a name"), " is not pinned by a digest"]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "image"]),
		"remedy": "write the image with @sha256:, or set PinDigest=true in Options",
	}
}
