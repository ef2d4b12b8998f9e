package controls.host_mounts_test

import data.controls.host_mounts

volume(path) := {"taskDefinition": {"volumes": [{"name": "data", "host": {"sourcePath": path}}], "containerDefinitions": []}}

device(path) := {"taskDefinition": {"containerDefinitions": [{"name": "web", "linuxParameters": {"devices": [{"hostPath": path}]}}]}}

parameters := {"host-mounts": {"allowed": ["/var/run/agent", "/dev/fuse"]}}

test_a_directory_of_the_host_is_refused if {
	count(host_mounts.deny) == 1 with input as volume("/var/run/docker.sock")
	count(host_mounts.deny) == 1 with input as volume("/var/run/agents") with data.control_parameters as parameters
	count(host_mounts.deny) == 1 with input as volume("/var/run/agent/../docker.sock") with data.control_parameters as parameters
}

test_a_device_of_the_host_is_refused if {
	count(host_mounts.deny) == 1 with input as device("/dev/mem")
}

test_what_is_allowed_or_no_mount_passes if {
	count(host_mounts.deny) == 0 with input as volume("/var/run/agent") with data.control_parameters as parameters
	count(host_mounts.deny) == 0 with input as volume("/var/run/agent/sock") with data.control_parameters as parameters
	count(host_mounts.deny) == 0 with input as device("/dev/fuse") with data.control_parameters as parameters
	count(host_mounts.deny) == 0 with input as {"taskDefinition": {"volumes": [{"name": "scratch", "host": {}}, {"name": "efs", "efsVolumeConfiguration": {}}]}}
	count(host_mounts.deny) == 0 with input as volume("")
}
