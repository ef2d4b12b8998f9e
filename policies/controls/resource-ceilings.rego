# id: resource-ceilings
# title: No task asks for more CPU or memory than the team allows
# why: A slip of a digit costs thousands, or finds no host to run on.
# remedy: Ask for less, or have the ceiling raised.
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

# A pattern is costly, and asked only where there is such a unit.
measured(text, unit) := decimal(number) if {
	endswith(lower(text), unit)
	number := trim_space(trim_suffix(lower(text), unit))
	regex.match(`^(0|[1-9][0-9]*)?(\.[0-9]+)?$`, number)
	number != ""
}

# `512`, `.5 vCPU` and `1 vcpu`: units of CPU.
units(text) := to_number(text) if whole(text)

units(text) := measured(text, "vcpu") * 1024

# `2048`, `2 GB`: MiB.
mebibytes(text) := to_number(text) if whole(text)

mebibytes(text) := measured(text, "gb") * 1024

task_cpu := object.get(input.taskDefinition, "cpu", "")

task_memory := object.get(input.taskDefinition, "memory", "")

containers := object.get(input.taskDefinition, "containerDefinitions", [])

# What the containers ask for counts where the task itself names no size.
asked_cpu := units(task_cpu) if {
	task_cpu != ""
}

asked_cpu := sum([object.get(container, "cpu", 0) | some container in containers]) if {
	task_cpu == ""
}

asked_memory := mebibytes(task_memory) if {
	task_memory != ""
}

asked_memory := sum([hard_or_soft(container) | some container in containers]) if {
	task_memory == ""
}

hard_or_soft(container) := object.get(container, "memory", object.get(container, "memoryReservation", 0))

deny contains finding if {
	asked_cpu > ceilings.cpu
	finding := {
		"rule": "resource-ceilings",
		"msg": concat("", ["the task asks for ", format_int(asked_cpu, 10), " CPU units, and ", format_int(ceilings.cpu, 10), " is the ceiling"]),
		"path": "/cpu",
		"remedy": "ask for less, or have the ceiling raised",
	}
}

deny contains finding if {
	asked_memory > ceilings.memory
	finding := {
		"rule": "resource-ceilings",
		"msg": concat("", ["the task asks for ", format_int(asked_memory, 10), " MiB of memory, and ", format_int(ceilings.memory, 10), " is the ceiling"]),
		"path": "/memory",
		"remedy": "ask for less, or have the ceiling raised",
	}
}

# What cannot be read is not below a ceiling.
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
