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
