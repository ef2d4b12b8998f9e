# id: required-labels
# title: Every container has the required Docker labels
# why: Log collectors and cost reports identify a container by its Docker labels.
# remedy: Add the labels to dockerLabels.
# link: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
# parameters: labels
package controls.required_labels

wanted := object.get(data.control_parameters, ["required-labels", "labels"], [])

deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	some label in wanted
	trim_space(object.get(container, ["dockerLabels", label], "")) == ""
	finding := {
		"rule": "required-labels",
		"msg": concat("", ["the container ", object.get(container, "name", "without a name"), " has no label ", label]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "dockerLabels"]),
		"remedy": concat("", ["add ", label, " to dockerLabels"]),
	}
}
