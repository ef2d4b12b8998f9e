"""The program's engine, many sets to a process (`evaluate.rs`)."""

import json
import subprocess
import threading
from typing import Any

from opa import Outcome, Set

# Far beyond what any case takes, on a busy machine too.
SECONDS = 60
# What `evaluate.rs` says where the engine has panicked.
PANICKED = "the engine has panicked over it"


class Program:
    """A process that is started again where a case was its end."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.process: subprocess.Popen[str] | None = None

    def judge(self, rules: Set, inputs: list[Any]) -> list[Outcome]:
        question = {
            "task": "Load",
            "namespace": rules.namespace,
            "policies": [{"path": path, "text": text} for path, text in rules.policies.items()],
            "data": [
                {"path": f"data{number}.json", "text": json.dumps(document)}
                for number, document in enumerate(rules.data)
            ],
            "controls": {package: "Deny" for package in rules.controls},
            "parameters": rules.parameters,
        }
        line = self.say({"question": question, "inputs": [json.dumps(value) for value in inputs]})
        if not line:
            ended = Outcome(refused="the process has ended over it", has_ended=True)
            return [ended] * len(inputs)
        answers = json.loads(line)
        if "Problems" in answers[0]:
            problem = refused(answers[0], at_load=True)
            return [problem] * len(inputs)
        return [outcome(answer) for answer in answers[1:]]

    def say(self, job: dict[str, Any]) -> str:
        """The answer, or nothing where the process has died over the question."""
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [self.command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        alarm = threading.Timer(SECONDS, self.process.kill)
        alarm.start()
        try:
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            alarm.cancel()
        if not line:
            self.process.wait()
        return line


def refused(answer: dict[str, Any], at_load: bool = False) -> Outcome:
    why = "; ".join(answer["Problems"])
    return Outcome(refused=why, at_load=at_load, has_ended=PANICKED in why)


def outcome(answer: dict[str, Any]) -> Outcome:
    if "Problems" in answer:
        return refused(answer)
    found = (
        (
            finding["level"],
            finding["rule"],
            finding["message"],
            finding["remedy"] or "",
            finding["path"] or "",
        )
        for finding in answer["Findings"]
    )
    return Outcome(tuple(sorted(set(found))))
