# id: efs-encryption
# title: EFS volumes are encrypted in transit
# why: Otherwise file contents cross the network as they are (Security Hub ECS.18).
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
