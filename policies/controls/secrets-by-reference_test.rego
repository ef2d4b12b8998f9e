package controls.secrets_by_reference_test

import data.controls.secrets_by_reference

of(name, value) := {"taskDefinition": {"containerDefinitions": [{"name": "web", "environment": [{"name": name, "value": value}]}]}}

test_names_of_secrets_are_refused if {
	every name in ["DB_PASSWORD", "token", "STRIPE_API_KEY", "APIKEY", "CLIENT_SECRET", "aws_secret_key", "DB_CONNECTION_STRING"] {
		count(secrets_by_reference.deny) == 1 with input as of(name, "x7!")
	}
}

test_values_that_are_secrets_are_refused if {
	every value in ["AKIAIOSFODNN7EXAMPLE", "key=ASIAIOSFODNN7EXAMPLE;", "-----BEGIN RSA PRIVATE KEY-----", "postgres://app:hunter2@db/app"] {
		count(secrets_by_reference.deny) == 1 with input as of("SETTING", value)
	}
}

test_what_is_no_secret_passes if {
	every name in ["PASSWORD_FILE", "TOKENIZER", "SECRET_NAME_PREFIX", "MONKEY"] {
		count(secrets_by_reference.deny) == 0 with input as of(name, "x")
	}
	count(secrets_by_reference.deny) == 0 with input as of("DB_PASSWORD", "")
	every value in ["https://example.com/a@b", "https://example.com:8080/", "MAKIAIOSFODNN7EXAMPLE", "ASIA", "PRIVATE KEY-----"] {
		count(secrets_by_reference.deny) == 0 with input as of("SETTING", value)
	}
	count(secrets_by_reference.deny) == 0 with input as {"taskDefinition": {"containerDefinitions": [{"name": "web", "secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db"}]}]}}
}

test_the_team_decides_what_is_a_secret if {
	count(secrets_by_reference.deny) == 0 with input as of("CSRF_TOKEN", "x")
		with data.control_parameters as {"secrets-by-reference": {"allowed": ["CSRF_TOKEN"]}}
	count(secrets_by_reference.deny) == 1 with input as of("PIN", "1234")
		with data.control_parameters as {"secrets-by-reference": {"pattern": "PIN"}}
	count(secrets_by_reference.deny) == 0 with input as of("DB_PASSWORD", "x")
		with data.control_parameters as {"secrets-by-reference": {"pattern": "PIN"}}
}

test_a_name_looks_secret_in_every_spelling if {
	every name in ["DB_PASSWORD", "db_password", "Db__Password", "DB-PASSWORD", "db.password", "DB_PASSWORD_", " DB_PASSWORD ", "PASSWORD", "Api-Key", "api.key", "connection-string"] {
		count(secrets_by_reference.deny) == 1 with input as of(name, "x")
	}
	every name in ["", "PASSWORDS_SEEN", "PASSWORD-FILE", "token.count"] {
		count(secrets_by_reference.deny) == 0 with input as of(name, "x")
	}
}

test_a_value_counts_without_a_name_and_as_often_as_it_stands if {
	secret := {"value": "AKIAIOSFODNN7EXAMPLE"}
	count(secrets_by_reference.deny) == 2 with input as {"taskDefinition": {"containerDefinitions": [{"name": "web", "environment": [secret, secret]}]}}
}

test_what_is_allowed_is_allowed_as_it_is_written if {
	every name in ["csrf_token", "CSRF_TOKEN ", "CSRF-TOKEN"] {
		count(secrets_by_reference.deny) == 1 with input as of(name, "x") with data.control_parameters as {"secrets-by-reference": {"allowed": ["CSRF_TOKEN"]}}
	}
}
