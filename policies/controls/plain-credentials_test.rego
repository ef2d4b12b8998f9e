package controls.plain_credentials_test

import data.controls.plain_credentials

of(container) := {"taskDefinition": {"containerDefinitions": [container]}}

test_each_credential_is_refused if {
	every name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ECS_ENGINE_AUTH_DATA"] {
		count(plain_credentials.deny) == 1 with input as of({"name": "web", "environment": [{"name": name, "value": "x"}]})
	}
}

test_other_variables_and_secrets_pass if {
	count(plain_credentials.deny) == 0 with input as of({
		"environment": [{"name": "AWS_REGION", "value": "eu-west-1"}],
		"secrets": [{"name": "AWS_SECRET_ACCESS_KEY", "valueFrom": "arn:aws:ssm:eu-west-1:111122223333:parameter/key"}],
	})
	count(plain_credentials.deny) == 0 with input as of({"name": "web"})
}

test_a_name_counts_in_any_case_and_as_often_as_it_stands if {
	every name in ["AWS_ACCESS_KEY_ID", "aws_access_key_id", "Aws_Secret_Access_Key", " AWS_SECRET_ACCESS_KEY "] {
		count(plain_credentials.deny) == 2 with input as of({"name": "web", "environment": [{"name": name, "value": "x"}, {"name": name}]})
	}
	every name in ["", "AWS_ACCESS_KEY", "MY_AWS_ACCESS_KEY_ID", "AWS-ACCESS-KEY-ID"] {
		count(plain_credentials.deny) == 0 with input as of({"name": "web", "environment": [{"name": name, "value": "x"}]})
	}
}
