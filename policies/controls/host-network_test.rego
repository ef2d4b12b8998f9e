package controls.host_network_test

import data.controls.host_network

test_the_hosts_network_is_refused if {
	count(host_network.deny) == 1 with input as {"taskDefinition": {"networkMode": "host"}}
}

test_other_networks_pass if {
	count(host_network.deny) == 0 with input as {"taskDefinition": {"networkMode": "awsvpc"}}
	count(host_network.deny) == 0 with input as {"taskDefinition": {}}
}

test_the_host_is_the_host_in_any_case if {
	every mode in ["host", "HOST", "Host", " host "] {
		count(host_network.deny) == 1 with input as {"taskDefinition": {"networkMode": mode}}
	}
	every mode in ["", "bridge", "none", "hosts"] {
		count(host_network.deny) == 0 with input as {"taskDefinition": {"networkMode": mode}}
	}
}
