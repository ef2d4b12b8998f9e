# What one team asks of its own releases, besides the shipped controls.
package main

import rego.v1

# Logs of production go where the team looks for them.
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

# More than this is worth a word, not a refusal.
warn contains msg if {
	to_number(input.taskDefinition.memory) > data.team.usual_memory
	msg := sprintf("the task asks for %s MiB of memory", [input.taskDefinition.memory])
}
