# id: host-mounts
# title: No task mounts directories or devices of its host
# why: Whoever writes to the host's files or to the Docker socket owns the host and every task on it.
# remedy: Use an EFS or Docker volume, or have the path allowed.
# link: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HostVolumeProperties.html
# parameters: allowed
package controls.host_mounts

allowed := object.get(data.control_parameters, ["host-mounts", "allowed"], [])

# The directory itself, or what lies below it.
is_allowed(path) if {
	some entry in allowed
	path == trim_suffix(entry, "/")
	not contains(path, "..")
}

is_allowed(path) if {
	some entry in allowed
	startswith(path, concat("", [trim_suffix(entry, "/"), "/"]))
	not contains(path, "..")
}

deny contains finding if {
	some i, volume in input.taskDefinition.volumes
	path := volume.host.sourcePath
	path != ""
	not is_allowed(path)
	finding := {
		"rule": "host-mounts",
		"msg": concat("", ["the volume ", object.get(volume, "name", "without a name"), " is the directory ", path, " of the host"]),
		"path": concat("/", ["/volumes", format_int(i, 10), "host"]),
		"remedy": "use an EFS or Docker volume, or have the path allowed",
	}
}

deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	some j, device in container.linuxParameters.devices
	path := device.hostPath
	not is_allowed(path)
	finding := {
		"rule": "host-mounts",
		"msg": concat("", ["the container ", object.get(container, "name", "without a name"), " uses the device ", path, " of the host"]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "linuxParameters", "devices", format_int(j, 10)]),
		"remedy": "take the device out, or have it allowed",
	}
}
