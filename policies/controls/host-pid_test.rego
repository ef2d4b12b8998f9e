package controls.host_pid_test

import data.controls.host_pid

test_the_hosts_processes_are_refused if {
	count(host_pid.deny) == 1 with input as {"taskDefinition": {"pidMode": "host"}}
}

test_the_hosts_ipc_is_refused if {
	count(host_pid.deny) == 1 with input as {"taskDefinition": {"ipcMode": "host"}}
}

test_a_task_of_its_own_passes if {
	count(host_pid.deny) == 0 with input as {"taskDefinition": {"pidMode": "task", "ipcMode": "none"}}
	count(host_pid.deny) == 0 with input as {"taskDefinition": {}}
}

test_the_host_is_the_host_in_any_case if {
	every mode in ["host", "HOST", "Host", " host "] {
		count(host_pid.deny) == 2 with input as {"taskDefinition": {"pidMode": mode, "ipcMode": mode}}
	}
	every mode in ["", "task", "none", "hosts"] {
		count(host_pid.deny) == 0 with input as {"taskDefinition": {"pidMode": mode, "ipcMode": mode}}
	}
}
