# id: efs-encryption
# title: EFS volumes are encrypted in transit
# why: Otherwise file contents cross the network unencrypted (Security Hub ECS.18).
# remedy: Set transitEncryption to ENABLED.
# link: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-18
package controls.efs_encryption

deny contains finding if {
	some i, volume in input.taskDefinition.volumes
	efs := volume.efsVolumeConfiguration
	object.get(efs, "transitEncryption", "DISABLED") != "ENABLED"
	finding := {
		"rule": "efs-encryption",
		"msg": concat("", ["the volume ", object.get(volume, "name", "without a name"), " is not encrypted in transit"]),
		"path": concat("/", ["/volumes", format_int(i, 10), "efsVolumeConfiguration"]),
		"remedy": "set transitEncryption to ENABLED",
	}
}

# A Docker volume can mount EFS as a plain NFS server, without encryption.
deny contains finding if {
	some i, volume in input.taskDefinition.volumes
	options := object.get(volume, ["dockerVolumeConfiguration", "driverOpts"], {})
	startswith(lower(trim_space(object.get(options, "type", ""))), "nfs")
	server := lower(concat(" ", [object.get(options, "o", ""), object.get(options, "device", "")]))
	contains(server, ".efs.")
	finding := {
		"rule": "efs-encryption",
		"msg": concat("", ["the volume ", object.get(volume, "name", "without a name"), " mounts EFS over plain NFS"]),
		"path": concat("/", ["/volumes", format_int(i, 10), "dockerVolumeConfiguration"]),
		"remedy": "use efsVolumeConfiguration with transitEncryption ENABLED",
	}
}
