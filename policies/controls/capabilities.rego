# id: capabilities
# title: No container adds Linux capabilities
# why: A capability such as SYS_ADMIN gives most of the power of root.
# remedy: Remove it from linuxParameters.capabilities.add, or have it allowed.
# link: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KernelCapabilities.html
# parameters: allowed
package controls.capabilities

# Docker treats `cap_sys_admin` as `SYS_ADMIN`.
plain(name) := trim_prefix(upper(trim_space(name)), "CAP_")

allowed := {plain(name) | some name in object.get(data.control_parameters, ["capabilities", "allowed"], [])}

deny contains finding if {
	some i, container in input.taskDefinition.containerDefinitions
	some capability in container.linuxParameters.capabilities.add
	not plain(capability) in allowed
	finding := {
		"rule": "capabilities",
		"msg": concat("", ["the container ", object.get(container, "name", "without a name"), " is given the capability ", capability]),
		"path": concat("/", ["/containerDefinitions", format_int(i, 10), "linuxParameters", "capabilities", "add"]),
		"remedy": "take it out, or have it allowed",
	}
}
