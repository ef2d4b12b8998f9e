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

test_sizes_in_every_spelling_count if {
	every cpu in ["1025", "1025 ", "1.001 vCPU", "1.001vcpu", "2 VCPU", "2  vCPU", 1025, 1024.5, "+2048", "２０４８", "1025units", "1e4"] {
		count(resource_ceilings.deny) == 1 with input as of(cpu, "2048") with data.control_parameters as parameters
	}
	every memory in ["2049", "2.001 GB", "2.001GB", "3Gb", 2049, "3 GiB", "3072MB", "0x1000", "-1"] {
		count(resource_ceilings.deny) == 1 with input as of("1024", memory) with data.control_parameters as parameters
	}
	every cpu in ["1024", "1 vCPU", "1vcpu", "1.0 vCPU", ".25 vcpu", 1024, 1023.5, "0", ""] {
		count(resource_ceilings.deny) == 0 with input as of(cpu, "2 GB") with data.control_parameters as parameters
	}
}

test_a_container_makes_up_for_no_other if {
	every size in [-9999, -0.5, "-1", "512", null, true] {
		count(resource_ceilings.deny) == 1 with input as containers([{"cpu": 9999, "memory": 1}, {"cpu": size, "memory": 1}]) with data.control_parameters as parameters
		count(resource_ceilings.deny) == 1 with input as containers([{"memory": 9999}, {"memory": size}]) with data.control_parameters as parameters
		count(resource_ceilings.deny) == 1 with input as containers([{"memory": 9999}, {"memoryReservation": size}]) with data.control_parameters as parameters
	}
}

test_what_the_containers_ask_for_counts_beside_the_tasks_size if {
	every cpu in ["", "0", "256", ".25 vCPU"] {
		task := {"cpu": cpu, "containerDefinitions": [{"name": "web", "cpu": 600}, {"name": "web", "cpu": 600}]}
		count(resource_ceilings.deny) == 1 with input as {"taskDefinition": task} with data.control_parameters as parameters
	}
	count(resource_ceilings.deny) == 1 with input as containers([{"memory": 1, "memoryReservation": 4096}]) with data.control_parameters as parameters
	count(resource_ceilings.deny) == 1 with input as containers([{"memory": 4096, "memoryReservation": 1}]) with data.control_parameters as parameters
	count(resource_ceilings.deny) == 1 with input as containers([{"cpu": 1024.5}]) with data.control_parameters as parameters
}
