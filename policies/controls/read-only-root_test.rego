package controls.read_only_root_test

import data.controls.read_only_root

of(containers) := {"taskDefinition": {"containerDefinitions": containers}}

test_a_writable_root_is_refused_also_by_default if {
	count(read_only_root.deny) == 2 with input as of([{"name": "a"}, {"name": "b", "readonlyRootFilesystem": false}])
}

test_a_read_only_root_passes if {
	count(read_only_root.deny) == 0 with input as of([{"name": "a", "readonlyRootFilesystem": true}])
}

test_windows_has_no_such_setting if {
	count(read_only_root.deny) == 0 with input as {"taskDefinition": {
		"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"},
		"containerDefinitions": [{"name": "a"}],
	}}
}

test_nothing_but_true_passes if {
	every value in ["true", "TRUE", "", 1, null, false] {
		count(read_only_root.deny) == 1 with input as of([{"name": "a", "readonlyRootFilesystem": value}])
	}
	# Borrowed volumes and a second container of the name change nothing.
	count(read_only_root.deny) == 1 with input as of([{"name": "a", "readonlyRootFilesystem": true}, {"name": "a", "volumesFrom": [{"sourceContainer": "a", "readOnly": true}]}])
}
