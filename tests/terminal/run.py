"""Rehearsals in a terminal: what a person sees, and what is left when it is over.

Usage: run.py PROGRAM
"""

import os
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from screen import Session

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["--deployment-config", "CodeDeployDefault.ECSAllAtOnce", "--termination-wait", "0"]
SERVED = ["--serve", "--speed", "60"]
# Somebody has half a minute to press Enter.
WAITS = ["--ready-wait", "30", "--by-hand", "--termination-wait", "0"]
BY_HAND = ["examples/ec2", *SERVED, *WAITS]
# What only CodeDeploy calls so.
FOREIGN = ["CodeDeploy", "AppSpec", "task set", "deployment group"]


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def session(program, *words, **options):
    return Session([program, "rehearse", *words], cwd=ROOT, **options)


def the_log_has_colours_unless_they_are_unwanted(program):
    # Without a Region the worker ends after its first lines.
    unset = {"AWS_REGION": None, "AWS_DEFAULT_REGION": None, "AWS_CONFIG_FILE": os.devnull}
    unset |= {"AWS_EC2_METADATA_DISABLED": "true"}
    for value, has_colours in [(None, True), ("", True), ("1", False)]:
        with Session([program, "run"], cwd=ROOT, NO_COLOR=value, **unset) as worker:
            check(worker.end() == 2, worker.screen.text())
            check("INFO" in worker.screen.text(), worker.screen.text())
            check(("\x1b" in worker.raw) == has_colours, f"NO_COLOR={value}: {worker.raw!r}")


def findings_have_colours_unless_they_are_unwanted(program):
    for value, has_colours in [(None, True), ("1", False)]:
        for words in [["check", "docs"], ["render", "docs"]]:
            with Session([program, *words], cwd=ROOT, NO_COLOR=value) as command:
                check(command.end() == 1, command.screen.text())
                check(("\x1b" in command.raw) == has_colours, f"{words}: {command.raw!r}")


def once(lines, words):
    return sum(words in line for line in lines) == 1


def everything_is_shown_and_only_the_story_stays(program):
    with session(program, *SERVED) as rehearsal:
        screen = rehearsal.screen
        rehearsal.until_shown("Shifting traffic: ")
        rehearsal.until_shown("next step in ")
        rehearsal.until_shown(" min left")
        rehearsal.until_shown("green  50 %")
        for words in ["Release", "● Production traffic", "Traffic", "█▒", "Requests", "0 failed"]:
            check(words in screen.text(), f"half way, {words} is shown:\n{screen.text()}")
        for words in ["blue   50 %", "webapp:1", "green  50 %", "webapp:2", "healthy", "Pipeline"]:
            check(words in screen.text(), f"half way, {words} is shown:\n{screen.text()}")
        inks = {ink for line in screen.cells for _, ink in line}
        check({"94", "32"} <= inks, f"blue is blue and green is green: {inks}")
        check(rehearsal.end() == 0, screen.text())
        lines = screen.lines()
        for words in [
            "The worker takes the job",
            "Task definition registered",
            "Install                starts the new tasks",
            " 50 % of the traffic on the new tasks",
            "AfterAllowTraffic      Succeeded",
            "What the pipeline shows:",
            "status    Succeeded",
            "What 4 clients saw:",
            ", of which 0 failed",
        ]:
            check(once(lines, words), f"in the end, {words} is there once:\n{screen.text()}")
        for words in ["Pipeline  ", "Requests  ", " ✓ ", "────"]:
            check(words not in screen.text(), f"{words} is gone:\n{screen.text()}")
        check(termios.tcgetattr(rehearsal.follower) == rehearsal.settings, "settings are left")


def a_failure_is_read_without_colour(program):
    words = [*SERVED, "--scene", "canary-alarm"]
    with session(program, *words, NO_COLOR="1") as rehearsal:
        rehearsal.until_shown("✕ webapp-errors")
        check(rehearsal.end() == 1, rehearsal.screen.text())
        check("JobFailed" in rehearsal.screen.text(), rehearsal.screen.text())
        inks = {ink for line in rehearsal.screen.cells for _, ink in line}
        check(inks == {""}, f"without colour: {inks}")


def where_nothing_can_be_drawn_there_are_plain_lines(program):
    words = [*QUICK, "--speed", "600"]
    for more, variables in [([], {"TERM": "dumb"}), ([], {"TERM": None}), (["--plain"], {})]:
        with session(program, *words, *more, **variables) as rehearsal:
            check(rehearsal.end() == 0, rehearsal.screen.text())
            check("\x1b" not in rehearsal.raw, f"{more} {variables}: {rehearsal.raw!r}")
            check("status    Succeeded" in rehearsal.screen.text(), rehearsal.screen.text())


def has_rule(screen, columns):
    """Whether the line above the board is so wide."""
    return any(line.startswith("── ") and len(line) == columns for line in screen.lines())


def a_window_may_change(program):
    # It waits until the window has changed.
    with session(program, *BY_HAND, columns=120) as rehearsal:
        rehearsal.until_shown("Press Enter to continue it")
        rehearsal.resize(50, 30)
        rehearsal.until(lambda: has_rule(rehearsal.screen, 49), "a board of 49 columns")
        rehearsal.resize(100, 40)
        rehearsal.until(lambda: has_rule(rehearsal.screen, 99), "a board of 99 columns")
        rehearsal.type("\n")
        rehearsal.resize(50, 14)
        check(rehearsal.end() == 0, rehearsal.screen.text())
        check(once(rehearsal.screen.lines(), "status    Succeeded"), rehearsal.screen.text())


def a_wide_window_is_used(program):
    with session(program, *BY_HAND, columns=220, rows=40) as rehearsal:
        rehearsal.until_shown("Press Enter to continue it")
        command = "aws deploy continue-deployment --deployment-id d-"
        line = next(line for line in rehearsal.screen.lines() if command in line)
        check("--deployment-wait-type READY_WAIT" in line, f"the command is whole: {line}")
        rehearsal.until(lambda: has_rule(rehearsal.screen, 200), "a board of 200 columns")
        rehearsal.type("\n")
        check(rehearsal.end() == 0, rehearsal.screen.text())


def a_piped_release_that_waits_for_its_turn_says_so(program):
    # It waits for a minute and a half of the account's time, and says so in its first report.
    words = ["rehearse", "--scene", "busy", *QUICK, "--speed", "20"]
    done = subprocess.run([program, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    waits = "The pipeline shows: Waiting for its turn: deployment d-"
    check(once(done.stdout.splitlines(), waits), done.stdout)


def enter_continues_and_leaves_nothing_behind(program):
    with session(program, *BY_HAND) as rehearsal:
        rehearsal.until_shown("Press Enter to continue it")
        rehearsal.type("\n")
        check(rehearsal.end() == 0, rehearsal.screen.text())
        check("Pipeline  " not in rehearsal.screen.text(), rehearsal.screen.text())


def a_release_of_ecs_waits_and_shows_its_stages(program):
    words = ["--engine", "ecs", *SERVED, "--deployment-config", "CANARY", *WAITS]
    with session(program, *words, columns=100, rows=40) as rehearsal:
        screen = rehearsal.screen
        rehearsal.until_shown("Press Enter to continue it")
        rehearsal.until_shown("● pause waits")
        for words in ["otherwise the deployment rolls", "○ Bake time", "✓ 2 healthy"]:
            check(words in screen.text(), f"in the pause, {words} is shown:\n{screen.text()}")
        # It shows by which command a person continues it outside of a rehearsal.
        rehearsal.until_shown("continue-service-deployment")
        rehearsal.type("\n")
        rehearsal.until_shown("next step in")
        rehearsal.until_shown("green   5 %")
        check(rehearsal.end() == 0, screen.text())
        for words in FOREIGN:
            check(words not in rehearsal.raw, f"{words} is CodeDeploy's:\n{screen.text()}")
        for words in ["waits to be continued", "BAKE_TIME                     Succeeded"]:
            check(once(screen.lines(), words), f"{words} is there once:\n{screen.text()}")


TASK = """
import http.server, os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(os.path.join(os.environ["PIDS"], str(os.getpid())), "w").close()
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""


def ctrl_c_leaves_neither_programs_nor_a_strange_terminal(program):
    with tempfile.TemporaryDirectory() as folder:
        script, pids = Path(folder) / "task.py", Path(folder) / "pids"
        script.write_text(TASK)
        pids.mkdir()
        words = [*SERVED, "--task-command", f"{sys.executable} {script} & wait"]
        with session(program, *words, PIDS=str(pids)) as rehearsal:
            rehearsal.until_shown("of the traffic on the new tasks")
            rehearsal.type("\x03")
            rehearsal.until_shown("before the release's end")
            # The second does not wait for programs that do not listen.
            rehearsal.type("\x03")
            check(rehearsal.end() == 1, rehearsal.screen.text())
            check(termios.tcgetattr(rehearsal.follower) == rehearsal.settings, "settings are left")
        started = [int(name) for name in os.listdir(pids)]
        check(len(started) >= 2, f"tasks of both versions ran: {started}")
        end = time.monotonic() + 60
        while any(is_alive(pid) for pid in started):
            check(time.monotonic() < end, f"programs are left behind: {started}")
            time.sleep(0.05)


def is_alive(pid):
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def main():
    program = os.path.abspath(sys.argv[1])
    for story in (
        everything_is_shown_and_only_the_story_stays,
        a_failure_is_read_without_colour,
        where_nothing_can_be_drawn_there_are_plain_lines,
        the_log_has_colours_unless_they_are_unwanted,
        findings_have_colours_unless_they_are_unwanted,
        a_window_may_change,
        a_wide_window_is_used,
        a_piped_release_that_waits_for_its_turn_says_so,
        enter_continues_and_leaves_nothing_behind,
        a_release_of_ecs_waits_and_shows_its_stages,
        ctrl_c_leaves_neither_programs_nor_a_strange_terminal,
    ):
        begun = time.monotonic()
        story(program)
        name = story.__name__.replace("_", " ")
        print(f"{name}: ok, {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
