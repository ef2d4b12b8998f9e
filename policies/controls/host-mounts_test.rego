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

docker(configuration) := {"taskDefinition": {"volumes": [{"name": "data", "dockerVolumeConfiguration": configuration}]}}

options(kind, o, device) := {"driverOpts": {"type": kind, "o": o, "device": device}}

test_a_docker_volume_that_is_a_directory_of_the_host_is_refused if {
	every configuration in [
		options("none", "bind", "/"), options("none", "rbind", "/var/run"), options("none", "ro,bind", "/"),
		options("none", "BIND", "/"), options(" none", " bind ", "/"), options("nfs", "bind", "/"),
		options("tmpfs", "size=1m,bind", "/"), options("", "bind", "/"), options("ext4", "rw", "/dev/xvda1"),
		options("overlay", "lowerdir=/,upperdir=/tmp/u,workdir=/tmp/w", "overlay"), options("proc", "", "proc"),
		object.union(options("none", "bind", "/"), {"driver": "local"}), object.union(options("none", "bind", "/"), {"driver": " Local"}),
		{"driver": "local-persist", "driverOpts": {"mountpoint": "/etc"}},
	] {
		count(host_mounts.deny) == 1 with input as docker(configuration)
	}
}

test_a_docker_volume_of_its_own_passes if {
	every configuration in [
		{}, {"driver": "local"}, {"scope": "shared", "autoprovision": true}, {"driverOpts": {}},
		options("nfs", "addr=nas.example.com,rw", ":/export"), options("tmpfs", "size=1m", "tmpfs"), options("NFS4", "addr=10.0.0.1", ":/"),
		{"driver": "rexray/ebs", "driverOpts": {"volumetype": "gp2", "size": "5"}},
	] {
		count(host_mounts.deny) == 0 with input as docker(configuration)
	}
}

test_what_is_allowed_may_be_bound_by_docker_and_nothing_around_it if {
	count(host_mounts.deny) == 0 with input as docker(options("none", "bind", "/var/run/agent")) with data.control_parameters as parameters
	count(host_mounts.deny) == 0 with input as docker({"driver": "local-persist", "driverOpts": {"mountpoint": "/var/run/agent/x"}}) with data.control_parameters as parameters
	every configuration in [options("none", "bind", "/var/run/agent/.."), options("none", "bind", "/var/run/agents"), options("overlay", "lowerdir=/", "/var/run/agent")] {
		count(host_mounts.deny) == 1 with input as docker(configuration) with data.control_parameters as parameters
	}
}

test_a_path_of_the_host_is_refused_however_it_is_written if {
	every path in ["/", "//", "/var/run/agent/../..", "/var/run/agent//../x", " /", ".", "C:\\", "/ｖar", "/var/run/AGENT"] {
		count(host_mounts.deny) == 1 with input as volume(path) with data.control_parameters as parameters
	}
	every path in ["/var/run/agent/", "/var/run/agent//x", "/var/run/agent/./x"] {
		count(host_mounts.deny) == 0 with input as volume(path) with data.control_parameters as parameters
	}
}

test_volumes_count_whoever_mounts_them_and_as_often_as_they_stand if {
	host := {"name": "data", "host": {"sourcePath": "/"}}
	borrowed := [{"name": "a", "mountPoints": [{"sourceVolume": "data"}]}, {"name": "b", "volumesFrom": [{"sourceContainer": "a"}]}]
	count(host_mounts.deny) == 1 with input as {"taskDefinition": {"volumes": [host], "containerDefinitions": borrowed}}
	count(host_mounts.deny) == 2 with input as {"taskDefinition": {"volumes": [host, host]}}
}
