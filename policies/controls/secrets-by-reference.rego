# id: secrets-by-reference
# title: Secrets are given by reference
# why: Anybody who can describe a task definition can read its environment, and the values stay in the revision.
# remedy: Put the value into Secrets Manager or Parameter Store and name it in secrets with valueFrom.
# link: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
# parameters: pattern, allowed
package controls.secrets_by_reference

parameters := object.get(data.control_parameters, "secrets-by-reference", {})

# A name that is one of these, or ends with `_`, `-` or `.` and one of these.
words := {
	"password", "passwd", "pwd", "passphrase",
	"secret", "secret_key", "token", "api_key", "apikey",
	"private_key", "privatekey", "credential", "credentials",
	"connection_string", "connectionstring",
}

allowed := {name | some name in object.get(parameters, "allowed", [])}

looks_secret(variable) if {
	not parameters.pattern
	name := replace(replace(lower(variable.name), "-", "_"), ".", "_")
	parts := split(trim(name, "_ "), "_")
	some length in [1, 2]
	concat("_", array.slice(parts, count(parts) - length, count(parts))) in words
}

# Your own pattern, instead of the words.
looks_secret(variable) if {
	regex.match(parameters.pattern, variable.name)
}

# Patterns are slow, so each is tried only on values that may match it.
patterns := [
	{"has": "AKIA", "is": `(^|[^A-Z0-9])AKIA[A-Z2-7]{16}($|[^A-Z0-9])`},
	{"has": "ASIA", "is": `(^|[^A-Z0-9])ASIA[A-Z2-7]{16}($|[^A-Z0-9])`},
	{"has": "PRIVATE KEY-----", "is": `-----BEGIN [A-Z ]*PRIVATE KEY-----`},
	{"has": "://", "is": `://[^/\s:@]+:[^/\s@]+@`},
]

# AWS keys with a known prefix, keys in PEM, and passwords in URLs.
looks_secret(variable) if {
	value := object.get(variable, "value", "")
	some pattern in patterns
	contains(value, pattern.has)
	regex.match(pattern.is, value)
}

deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	some j, given in container.environment
	object.get(given, "value", "") != ""
	variable := object.union({"name": ""}, given)
	not variable.name in allowed
	looks_secret(variable)
	finding := {
		"rule": "secrets-by-reference",
		"msg": concat("", ["the container ", object.get(container, "name", "without a name"), " has ", variable.name, " in its plain environment, which looks like a secret"]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "environment", format_int(j, 10)]),
		"remedy": "name it in secrets with valueFrom",
	}
}
