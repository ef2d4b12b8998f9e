# id: host-mounts
# title: No task mounts directories or devices of its host
# why: Write access to the host's files or the Docker socket gives control of the host and all its tasks.
# remedy: Use an EFS volume, or have the path allowed.
# link: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HostVolumeProperties.html
# parameters: allowed
package controls.host_mounts

allowed := object.get(data.control_parameters, ["host-mounts", "allowed"], [])

# The directory itself, or anything below it.
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
		"remedy": "use an EFS volume, or have the path allowed",
	}
}

docker(volume) := object.get(volume, "dockerVolumeConfiguration", {})

is_local(volume) if lower(trim_space(object.get(docker(volume), "driver", ""))) in {"", "local"}

# Docker's local driver passes these options to mount(2). With `bind` the type
# does not matter. Except for these types, the files are the host's.
elsewhere := {"nfs", "nfs4", "cifs", "tmpfs"}

binds(options) if {
	some word in split(lower(object.get(options, "o", "")), ",")
	trim_space(word) in {"bind", "rbind"}
}

is_of_host(options) if binds(options)

is_of_host(options) if {
	options.device
	not lower(trim_space(object.get(options, "type", ""))) in elsewhere
}

# `device` is complete only for a bind mount.
is_allowed_bind(options) if {
	binds(options)
	is_allowed(object.get(options, "device", ""))
}

deny contains finding if {
	some i, volume in input.taskDefinition.volumes
	is_local(volume)
	options := object.get(docker(volume), "driverOpts", {})
	is_of_host(options)
	not is_allowed_bind(options)
	finding := {
		"rule": "host-mounts",
		"msg": concat("", ["the Docker volume ", object.get(volume, "name", "without a name"), " mounts ", object.get(options, "device", "a directory"), " of the host"]),
		"path": concat("/", ["/volumes", format_int(i, 10), "dockerVolumeConfiguration"]),
		"remedy": "use an EFS volume, or have the path allowed",
	}
}

# Other drivers define their own options. A path is most likely a path of the
# host.
deny contains finding if {
	some i, volume in input.taskDefinition.volumes
	not is_local(volume)
	some path in object.get(docker(volume), "driverOpts", {})
	startswith(trim_space(path), "/")
	not is_allowed(path)
	finding := {
		"rule": "host-mounts",
		"msg": concat("", ["the Docker volume ", object.get(volume, "name", "without a name"), " gives its driver the path ", path]),
		"path": concat("/", ["/volumes", format_int(i, 10), "dockerVolumeConfiguration"]),
		"remedy": "use an EFS volume, or have the path allowed",
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
