# id: host-network
# title: No task uses the network of its host
# why: With network mode host a container can reach services that listen only on the host, and uses the host's ports (Security Hub ECS.17).
# remedy: Set networkMode to awsvpc.
# link: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-17
package controls.host_network

deny contains finding if {
	lower(trim_space(input.taskDefinition.networkMode)) == "host"
	finding := {"rule": "host-network", "msg": "the task uses the network of its host", "path": "/networkMode", "remedy": "set networkMode to awsvpc"}
}
