# id: alarms
# title: Alarms watch the deployment
# why: A release can pass its health checks and still return errors; only an alarm stops it then.
# remedy: Add a CloudWatch alarm to the deployment group or, if ECS deploys the service itself, to its deployment configuration.
# link: https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html
package controls.alarms

# Missing if AWS was not asked, as in `policy check`.
deny contains finding if {
	count(input.deployment.alarms) == 0
	finding := {
		"rule": "alarms",
		"msg": concat("", ["no alarm stops a deployment of the group ", input.deployment.group]),
		"path": "/deployment/alarms",
		"remedy": "add a CloudWatch alarm to the deployment group",
	}
}

deny contains finding if {
	count(input.deployment.alarms) == 0
	finding := {
		"rule": "alarms",
		"msg": concat("", ["no alarm stops a deployment of the service ", input.deployment.service]),
		"path": "/deployment/alarms",
		"remedy": "add a CloudWatch alarm to the service's deployment configuration",
	}
}
