# id: secrets-by-reference
# title: What looks like a secret is given by reference
# why: Whoever may describe a task definition can read its plain environment, and a revision can never be wiped.
# remedy: Put the value into Secrets Manager or Parameter Store and name it in secrets with valueFrom.
# link: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
# parameters: pattern, allowed
package controls.secrets_by_reference

parameters := object.get(data.control_parameters, "secrets-by-reference", {})

pattern := object.get(parameters, "pattern", `(?i)(^|_)(password|passwd|pwd|passphrase|secret|secret_key|token|api_?key|private_?key|credentials?|connection_?string)$`)

allowed := {name | some name in object.get(parameters, "allowed", [])}

looks_secret(variable) if {
	regex.match(pattern, variable.name)
}

# Keys that AWS and others mark, and keys in PEM.
looks_secret(variable) if {
	regex.match(`(^|[^A-Z0-9])(AKIA|ASIA)[A-Z2-7]{16}($|[^A-Z0-9])|-----BEGIN [A-Z ]*PRIVATE KEY-----|://[^/\s:@]+:[^/\s@]+@`, object.get(variable, "value", ""))
}

deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	some j, variable in container.environment
	object.get(variable, "value", "") != ""
	not variable.name in allowed
	looks_secret(variable)
	finding := {
		"rule": "secrets-by-reference",
		"msg": concat("", ["the container ", object.get(container, "name", "without a name"), " has ", variable.name, " in its plain environment, which looks like a secret"]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "environment", format_int(j, 10)]),
		"remedy": "name it in secrets with valueFrom",
	}
}
