# id: freeze
# title: Nothing is released in a freeze window
# why: Over holidays and peak days nobody is there to mend what breaks.
# remedy: Release after the window, or have an exemption written.
# link: https://docs.aws.amazon.com/wellarchitected/latest/operational-excellence-pillar/mitigate-deployment-risks.html
# parameters: windows
package controls.freeze

windows := object.get(data.control_parameters, ["freeze", "windows"], [])

now := time.parse_rfc3339_ns(input.time)

# Which pipelines: all, unless the window names some.
concerns(window) if not window.pipelines

# Whole names, in any case: without the `null`, `*` would end at a dot.
concerns(window) if {
	some pattern in window.pipelines
	glob.match(lower(pattern), null, lower(input.pipeline.name))
}

# From one moment up to another.
is_open(window) if {
	now >= time.parse_rfc3339_ns(window.from)
	now < time.parse_rfc3339_ns(window.to)
}

# Every week on these days, in the window's time zone.
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
		"remedy": "release after the window, or have an exemption written",
	}
}
