package controls.non_root_test

import data.controls.non_root

of(container) := {"taskDefinition": {"containerDefinitions": [container]}}

windows(container) := {"taskDefinition": {
	"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"},
	"containerDefinitions": [container],
}}

test_root_is_refused_under_every_name if {
	every user in ["0", "root", "0:0", "root:web", "00", " 0 :5", "Root", ""] {
		count(non_root.deny) == 1 with input as of({"name": "web", "user": user})
	}
	count(non_root.deny) == 1 with input as of({"name": "web"})
}

test_another_user_passes if {
	every user in ["10001", "web", "web:0", "10001:10001", "rooted", "010"] {
		count(non_root.deny) == 0 with input as of({"name": "web", "user": user})
	}
}

test_the_administrator_of_windows_is_refused if {
	count(non_root.deny) == 1 with input as windows({"name": "web"})
	count(non_root.deny) == 1 with input as windows({"name": "web", "user": "containeradministrator"})
	count(non_root.deny) == 0 with input as windows({"name": "web", "user": "ContainerUser"})
}
