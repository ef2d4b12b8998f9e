# id: gradual-traffic
# title: Production gets its traffic gradually
# why: With all traffic at once, the first to find a mistake is everybody.
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

# With a list, nothing else will do.
at_once(config) if {
	count(allowed) > 0
	not config in allowed
}

# Absent where AWS was not asked, as in `policy check`.
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
