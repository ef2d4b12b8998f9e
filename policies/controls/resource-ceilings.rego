# id: resource-ceilings
# title: No task requests more CPU or memory than allowed
# why: One mistyped digit can cost thousands, or no host fits the task.
# remedy: Request less, or have the ceiling raised.
# link: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#task_size
# parameters: cpu, memory
package controls.resource_ceilings

ceilings := object.get(data.control_parameters, "resource-ceilings", {})

decimal(text) := to_number(concat("", ["0", text])) if {
	startswith(text, ".")
}

decimal(text) := to_number(text) if {
	not startswith(text, ".")
}

whole(text) if text == "0"

whole(text) if {
	text != ""
	not startswith(text, "0")
	trim(text, "0123456789") == ""
}

# Patterns are slow, so match only values that contain a unit.
measured(text, unit) := decimal(number) if {
	endswith(lower(text), unit)
	number := trim_space(trim_suffix(lower(text), unit))
	regex.match(`^(0|[1-9][0-9]*)?(\.[0-9]+)?$`, number)
	number != ""
}

# Converts `.5 vCPU` and `2 GB` to CPU units and MiB; a number stays as it is.
size(value, _) := 0 if value == ""

size(value, _) := value if {
	is_number(value)
	value >= 0
}

size(value, _) := to_number(value) if {
	is_string(value)
	whole(value)
}

size(value, unit) := measured(value, unit) * 1024 if {
	is_string(value)
}

containers := object.get(input.taskDefinition, "containerDefinitions", [])

# The sum of the containers, if each size is valid: a negative size must not
# offset another.
container_cpu := sum(sizes) if {
	sizes := [size | some container in containers; size := object.get(container, "cpu", 0); is_number(size); size >= 0]
	count(sizes) == count(containers)
}

# The larger of limit and reservation.
container_memory := sum(sizes) if {
	limits := [size | some container in containers; size := object.get(container, "memory", 0); is_number(size); size >= 0]
	kept := [size | some container in containers; size := object.get(container, "memoryReservation", 0); is_number(size); size >= 0]
	count(limits) == count(containers)
	count(kept) == count(containers)
	sizes := [max([limits[i], kept[i]]) | some i, _ in containers]
}

# The task's size also limits its containers. If the task has no size, the
# containers' sum is the task's size.
asked_cpu := max([container_cpu, size(object.get(input.taskDefinition, "cpu", ""), "vcpu")])

asked_memory := max([container_memory, size(object.get(input.taskDefinition, "memory", ""), "gb")])

deny contains finding if {
	asked_cpu > ceilings.cpu
	finding := {
		"rule": "resource-ceilings",
		"msg": concat("", ["the task asks for ", format_int(ceil(asked_cpu), 10), " CPU units, and ", format_int(ceilings.cpu, 10), " is the ceiling"]),
		"path": "/cpu",
		"remedy": "ask for less, or have the ceiling raised",
	}
}

deny contains finding if {
	asked_memory > ceilings.memory
	finding := {
		"rule": "resource-ceilings",
		"msg": concat("", ["the task asks for ", format_int(ceil(asked_memory), 10), " MiB of memory, and ", format_int(ceilings.memory, 10), " is the ceiling"]),
		"path": "/memory",
		"remedy": "ask for less, or have the ceiling raised",
	}
}

# An invalid size counts as above the ceiling.
deny contains finding if {
	ceilings.cpu
	not asked_cpu
	finding := {
		"rule": "resource-ceilings",
		"msg": "the task's cpu cannot be read",
		"path": "/cpu",
		"remedy": "write it like 1024 or 1 vCPU",
	}
}

deny contains finding if {
	ceilings.memory
	not asked_memory
	finding := {
		"rule": "resource-ceilings",
		"msg": "the task's memory cannot be read",
		"path": "/memory",
		"remedy": "write it like 2048 or 2 GB",
	}
}
