package controls.efs_encryption_test

import data.controls.efs_encryption

of(volume) := {"taskDefinition": {"volumes": [volume]}}

test_plain_transit_is_refused_also_by_default if {
	count(efs_encryption.deny) == 1 with input as of({"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}})
	count(efs_encryption.deny) == 1 with input as of({"name": "data", "efsVolumeConfiguration": {"transitEncryption": "DISABLED"}})
}

test_encrypted_and_other_volumes_pass if {
	count(efs_encryption.deny) == 0 with input as of({"name": "data", "efsVolumeConfiguration": {"transitEncryption": "ENABLED"}})
	count(efs_encryption.deny) == 0 with input as of({"name": "scratch"})
}

test_nothing_but_enabled_passes if {
	every transit in ["", "enabled", " ENABLED", "DISABLED", null, true] {
		count(efs_encryption.deny) == 1 with input as of({"name": "data", "efsVolumeConfiguration": {"transitEncryption": transit}})
	}
	count(efs_encryption.deny) == 1 with input as of({"efsVolumeConfiguration": {}})
}

nfs(kind, o, device) := {"name": "data", "dockerVolumeConfiguration": {"driverOpts": {"type": kind, "o": o, "device": device}}}

test_efs_by_another_name_is_refused if {
	server := "fs-1.efs.eu-west-1.amazonaws.com"
	every volume in [nfs("nfs", concat("", ["addr=", server]), ":/"), nfs("NFS4", "rw", concat("", [server, ":/"])), nfs(" nfs4", concat("", ["addr=", upper(server)]), ":/")] {
		count(efs_encryption.deny) == 1 with input as of(volume)
	}
	count(efs_encryption.deny) == 0 with input as of(nfs("nfs", "addr=nas.example.com", ":/"))
	count(efs_encryption.deny) == 0 with input as of({"name": "data", "dockerVolumeConfiguration": {"scope": "task"}})
}
