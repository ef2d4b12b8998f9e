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
