# id: host-pid
# title: No task sees the processes of its host
# why: With pidMode host a container can watch and signal every other process of the host (Security Hub ECS.3).
# remedy: Remove pidMode, or set it to task.
# link: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-3
package controls.host_pid

deny contains finding if {
	lower(trim_space(input.taskDefinition.pidMode)) == "host"
	finding := {"rule": "host-pid", "msg": "the task shares the process namespace of its host", "path": "/pidMode", "remedy": "remove pidMode, or set it to task"}
}

deny contains finding if {
	lower(trim_space(input.taskDefinition.ipcMode)) == "host"
	finding := {"rule": "host-pid", "msg": "the task shares the IPC namespace of its host", "path": "/ipcMode", "remedy": "remove ipcMode, or set it to task"}
}
