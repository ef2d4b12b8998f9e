# id: rollback
# title: Failed deployments are rolled back
# why: Otherwise production stays on a release that was found to be broken.
# remedy: Enable automatic rollback for DEPLOYMENT_FAILURE in the deployment group. If ECS deploys the service itself, enable rollback in the circuit breaker and the alarms of its deployment configuration.
# link: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html
package controls.rollback

# Missing if AWS was not asked, as in `policy check`.
deny contains finding if {
	events := input.deployment.autoRollback
	not "DEPLOYMENT_FAILURE" in events
	finding := {
		"rule": "rollback",
		"msg": concat("", ["the deployment group ", input.deployment.group, " does not roll back what fails"]),
		"path": "/deployment/autoRollback",
		"remedy": "enable automatic rollback for DEPLOYMENT_FAILURE",
	}
}

# A circuit breaker may end the deployment without a rollback.
needs_breaker if {
	input.deployment.circuitBreaker
}

# Without one, a rolling deployment does not fail. The others do after 24 hours
# in one stage, and ECS then rolls them back.
needs_breaker if {
	strategy := input.deployment.strategy
	not strategy in {"BLUE_GREEN", "LINEAR", "CANARY"}
}

deny contains finding if {
	needs_breaker
	not input.deployment.circuitBreaker.rollback == true
	finding := {
		"rule": "rollback",
		"msg": concat("", ["the service ", input.deployment.service, " does not roll back what fails"]),
		"path": "/deployment/circuitBreaker",
		"remedy": "enable the deployment circuit breaker with rollback",
	}
}

deny contains finding if {
	count(input.deployment.alarms) > 0
	not input.deployment.alarmsRollBack == true
	finding := {
		"rule": "rollback",
		"msg": concat("", ["an alarm stops a deployment of the service ", input.deployment.service, " and does not roll it back"]),
		"path": "/deployment/alarmsRollBack",
		"remedy": "enable rollback in the alarms of the service's deployment configuration",
	}
}
