# id: gradual-traffic
# title: Production gets its traffic gradually
# why: If all traffic shifts at once, a mistake reaches every user.
# remedy: Give the deployment group a canary or linear configuration, or set DeploymentConfigName in Options. If ECS deploys the service itself, give it the strategy LINEAR or CANARY.
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

# If there is a list, of configurations and of ECS's strategies, only its entries pass.
at_once(config) if {
	count(allowed) > 0
	not config in allowed
}

in_production if {
	some pattern in pipelines
	# Whole names, in any case: without the `null`, `*` would end at a dot.
	glob.match(lower(pattern), null, lower(input.pipeline.name))
}

# Missing if AWS was not asked, as in `policy check`.
deny contains finding if {
	in_production
	config := input.deployment.config
	at_once(config)
	finding := {
		"rule": "gradual-traffic",
		"msg": concat("", ["the pipeline ", input.pipeline.name, " would move the traffic with ", config]),
		"path": "/deployment/config",
		"remedy": "use a canary or linear configuration",
	}
}

# ECS's own deployments. A single step, or no wait between steps, is all at once.
is_gradual(strategy) if {
	strategy in {"LINEAR", "CANARY"}
	not at_once(strategy)
	input.deployment.stepPercent < 100
	input.deployment.stepWaitSeconds > 0
}

deny contains finding if {
	in_production
	strategy := input.deployment.strategy
	not is_gradual(strategy)
	finding := {
		"rule": "gradual-traffic",
		"msg": concat("", ["the pipeline ", input.pipeline.name, " would move the traffic with the strategy ", strategy]),
		"path": "/deployment/strategy",
		"remedy": "use the strategy LINEAR or CANARY, with a wait after each step",
	}
}
