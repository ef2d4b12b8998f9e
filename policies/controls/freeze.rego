# id: freeze
# title: Nothing is released in a freeze window
# why: On holidays and peak days there may be nobody to fix what breaks.
# remedy: Release after the window, or request an exemption.
# link: https://docs.aws.amazon.com/wellarchitected/latest/operational-excellence-pillar/mitigate-deployment-risks.html
# parameters: windows
package controls.freeze

windows := object.get(data.control_parameters, ["freeze", "windows"], [])

now := time.parse_rfc3339_ns(input.time)

# All pipelines, unless the window names some.
concerns(window) if not window.pipelines

# Matches whole names and ignores case. Without `null`, `*` would stop at a dot.
concerns(window) if {
	some pattern in window.pipelines
	glob.match(lower(pattern), null, lower(input.pipeline.name))
}

# A window from one time to another.
is_open(window) if {
	now >= time.parse_rfc3339_ns(window.from)
	now < time.parse_rfc3339_ns(window.to)
}

# A window on these days of every week, in its time zone.
is_open(window) if {
	time.weekday([now, object.get(window, "zone", "UTC")]) in window.days
}

deny contains finding if {
	some window in windows
	concerns(window)
	is_open(window)
	finding := {
		"rule": "freeze",
		"msg": concat("", ["nothing is released now: ", object.get(window, "reason", "a freeze window")]),
		"path": "/time",
		"remedy": sprintf("release after %s, or ask the operator for an exemption", [object.get(window, "to", "the window")]),
	}
}
