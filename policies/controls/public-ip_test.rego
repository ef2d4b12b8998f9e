package controls.public_ip_test

import data.controls.public_ip

own(value) := {"Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {"NetworkConfiguration": {"AwsvpcConfiguration": {
	"Subnets": ["subnet-0a1b2c3d"],
	"SecurityGroups": ["sg-0a1b2c3d"],
	"AssignPublicIp": value,
}}}}}]}

service(value) := {"cluster": "prod", "name": "webapp", "networking": {
	"subnets": ["subnet-0a1b2c3d"],
	"securityGroups": ["sg-0a1b2c3d"],
	"assignPublicIp": value,
}}

test_the_app_specs_word_is_refused if {
	count(public_ip.deny) == 1 with input as {"appSpec": own("ENABLED"), "service": service("DISABLED")}
}

test_the_services_setting_is_refused_where_the_app_spec_keeps_it if {
	count(public_ip.deny) == 1 with input as {"appSpec": {"Resources": [{}]}, "service": service("ENABLED")}
	count(public_ip.deny) == 1 with input as {"service": service("ENABLED")}
}

test_private_tasks_pass if {
	count(public_ip.deny) == 0 with input as {"appSpec": own("DISABLED"), "service": service("ENABLED")}
	count(public_ip.deny) == 0 with input as {"service": service("DISABLED")}
	count(public_ip.deny) == 0 with input as {"taskDefinition": {}}
}

test_nothing_but_disabled_is_private if {
	every value in ["ENABLED", "enabled", " ENABLED", "ON"] {
		count(public_ip.deny) == 1 with input as {"appSpec": own(value)}
	}
	every value in ["DISABLED", "disabled", " DISABLED "] {
		count(public_ip.deny) == 0 with input as {"appSpec": own(value), "service": service("ENABLED")}
	}
	# Empty is like absent: the service's setting stays.
	every value in ["", " "] {
		count(public_ip.deny) == 1 with input as {"appSpec": own(value), "service": service("ENABLED")}
		count(public_ip.deny) == 0 with input as {"appSpec": own(value), "service": service("DISABLED")}
	}
}
