# A team's own rules, in addition to the built-in controls.
package main

import rego.v1

# Containers must log to a log group of the team.
deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	group := container.logConfiguration.options["awslogs-group"]
	not startswith(group, data.team.log_group_prefix)
	finding := {
		"msg": sprintf("%s logs to %s", [container.name, group]),
		"path": sprintf("/containerDefinitions/%d/logConfiguration/options/awslogs-group", [i]),
		"remedy": sprintf("choose a log group below %s", [data.team.log_group_prefix]),
	}
}

# More memory than usual is a warning, not an error.
warn contains msg if {
	to_number(input.taskDefinition.memory) > data.team.usual_memory
	msg := sprintf("the task requests %s MiB of memory", [input.taskDefinition.memory])
}
