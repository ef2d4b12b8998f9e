package controls.resource_ceilings_test

import data.controls.resource_ceilings

parameters := {"resource-ceilings": {"cpu": 1024, "memory": 2048}}

of(cpu, memory) := {"taskDefinition": {"family": "webapp", "cpu": cpu, "memory": memory, "containerDefinitions": [{"name": "web"}]}}

containers(list) := {"taskDefinition": {"family": "webapp", "containerDefinitions": list}}

test_too_much_cpu_is_refused if {
	every cpu in ["2048", "2 vCPU", "1.5vcpu"] {
		count(resource_ceilings.deny) == 1 with input as of(cpu, "2048") with data.control_parameters as parameters
	}
	count(resource_ceilings.deny) == 1 with input as containers([{"cpu": 1000, "memory": 512}, {"cpu": 25, "memory": 512}]) with data.control_parameters as parameters
}

test_too_much_memory_is_refused if {
	every memory in ["4096", "3 GB", "2.5gb"] {
		count(resource_ceilings.deny) == 1 with input as of("256", memory) with data.control_parameters as parameters
	}
	count(resource_ceilings.deny) == 1 with input as containers([{"memory": 2000}, {"memoryReservation": 49}]) with data.control_parameters as parameters
}

test_the_ceiling_itself_passes if {
	count(resource_ceilings.deny) == 0 with input as of("1024", "2048") with data.control_parameters as parameters
	count(resource_ceilings.deny) == 0 with input as of(".5 vCPU", "2 GB") with data.control_parameters as parameters
	count(resource_ceilings.deny) == 0 with input as containers([{"cpu": 1024, "memory": 2048}]) with data.control_parameters as parameters
	count(resource_ceilings.deny) == 0 with input as of("16384", "122880")
}

test_what_cannot_be_read_is_refused if {
	every text in ["plenty", "01024", "1,024", "1e3", "-1", "vCPU", "1.2.3 vCPU", "1024 GB"] {
		count(resource_ceilings.deny) == 1 with input as of(text, "2048") with data.control_parameters as parameters
	}
	every text in ["lots", "02048", "GB", "2 GB more", "1 vCPU"] {
		count(resource_ceilings.deny) == 1 with input as of("1024", text) with data.control_parameters as parameters
	}
}
