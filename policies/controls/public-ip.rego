# id: public-ip
# title: No task gets a public IP address
# why: A task with a public address can be reached from the internet, bypassing the load balancer (Security Hub ECS.2, ECS.16).
# remedy: Set AssignPublicIp to DISABLED and use a NAT gateway or VPC endpoints.
# link: https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-2
package controls.public_ip

properties := object.get(input, ["appSpec", "Resources", 0, "TargetService", "Properties"], {})

own := object.get(properties, ["NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp"], "")

# The AppSpec's setting applies; without one the service's setting stays.
deny contains finding if {
	not upper(trim_space(own)) in {"", "DISABLED"}
	finding := {
		"rule": "public-ip",
		"msg": "the AppSpec gives the tasks public IP addresses",
		"path": "/appSpec/Resources/0/TargetService/Properties/NetworkConfiguration",
		"remedy": "set AssignPublicIp to DISABLED",
	}
}

deny contains finding if {
	trim_space(own) == ""
	input.service.networking.assignPublicIp == "ENABLED"
	finding := {
		"rule": "public-ip",
		"msg": concat("", ["the service ", input.service.name, " gives its tasks public IP addresses"]),
		"path": "/service/networking/assignPublicIp",
		"remedy": "set assignPublicIp to DISABLED in the service, or write NetworkConfiguration with AssignPublicIp DISABLED into the AppSpec if CodeDeploy deploys it",
	}
}
