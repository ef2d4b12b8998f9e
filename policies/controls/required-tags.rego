# id: required-tags
# title: The task definition has the required tags
# why: Costs, owners and permissions are assigned by tags (Security Hub ECS.15).
# remedy: Add the tags to the task definition.
# link: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-15
# parameters: tags
package controls.required_tags

wanted := object.get(data.control_parameters, ["required-tags", "tags"], [])

present contains key if {
	some tag in input.taskDefinition.tags
	key := tag.key
	trim_space(object.get(tag, "value", "")) != ""
}

deny contains finding if {
	some key in wanted
	not key in present
	finding := {
		"rule": "required-tags",
		"msg": concat("", ["the task definition has no tag ", key]),
		"path": "/tags",
		"remedy": concat("", ["add ", key, " to tags"]),
	}
}
