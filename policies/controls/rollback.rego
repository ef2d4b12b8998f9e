# id: rollback
# title: The deployment group rolls back failed deployments
# why: Otherwise production stays on a release that CodeDeploy found to be broken.
# remedy: Enable automatic rollback for DEPLOYMENT_FAILURE in the deployment group.
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
