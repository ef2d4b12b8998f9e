# id: gradual-traffic
# title: Production gets its traffic gradually
# why: If all traffic shifts at once, a mistake reaches every user.
# remedy: Give the deployment group a canary or linear configuration, or set DeploymentConfigName in Options.
# link: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
# parameters: pipelines, allowed
package controls.gradual_traffic

parameters := object.get(data.control_parameters, "gradual-traffic", {})

# Pipelines that release to production.
pipelines := object.get(parameters, "pipelines", ["*prod*"])

allowed := object.get(parameters, "allowed", [])

at_once(config) if {
	lower(config) == "codedeploydefault.ecsallatonce"
}

# If there is a list, only its entries pass.
at_once(config) if {
	count(allowed) > 0
	not config in allowed
}

# Missing if AWS was not asked, as in `policy check`.
deny contains finding if {
	some pattern in pipelines
	# Whole names, in any case: without the `null`, `*` would end at a dot.
	glob.match(lower(pattern), null, lower(input.pipeline.name))
	config := input.deployment.config
	at_once(config)
	finding := {
		"rule": "gradual-traffic",
		"msg": concat("", ["the pipeline ", input.pipeline.name, " would move the traffic with ", config]),
		"path": "/deployment/config",
		"remedy": "use a canary or linear configuration",
	}
}
