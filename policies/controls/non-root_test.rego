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

test_zero_is_root_however_it_is_written if {
	every user in ["+0", "-0", "+00", "-000", "+0:5", "+0:root", ":", ":5", "::", " ", "\t0", "0 ", "root ", " ROOT:x", "root:", "+", "０", "٠", "+०"] {
		count(non_root.deny) == 1 with input as of({"name": "web", "user": user})
	}
}

test_what_docker_reads_otherwise_passes if {
	every user in ["1", "+1", "-1", "0x0", "0_0", "00.0", "1:0", "1:root", "web:root", "root1", "10", "100"] {
		count(non_root.deny) == 0 with input as of({"name": "web", "user": user})
	}
}

test_each_container_counts_also_of_one_name if {
	count(non_root.deny) == 2 with input as {"taskDefinition": {"containerDefinitions": [{"name": "web", "user": "0"}, {"name": "web", "user": "1"}, {"name": "web"}]}}
}

test_the_administrators_of_windows_are_known_in_any_spelling if {
	every user in ["", " ", "CONTAINERADMINISTRATOR", " ContainerAdministrator ", "User Manager\\ContainerAdministrator", ".\\Administrator", "NT AUTHORITY\\SYSTEM", "system"] {
		count(non_root.deny) == 1 with input as windows({"name": "web", "user": user})
	}
	every user in ["ContainerUser", "User Manager\\ContainerUser", "web", "0"] {
		count(non_root.deny) == 0 with input as windows({"name": "web", "user": user})
	}
}
