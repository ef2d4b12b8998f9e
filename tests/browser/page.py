"""Looks at the live page in a real, headless Chromium, while releases are rehearsed.

Usage: page.py PROGRAM [FOLDER-FOR-SCREENSHOTS]
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from scripts import CONTRAST, KINDS, NAMES, NUMBERS, SHARE, WIDE

ROOT = Path(__file__).resolve().parents[2]
# No step takes longer, also on a busy machine.
PATIENCE = 120


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def ask(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()


def answer_of(request):
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as problem:
        return problem.code


class Rehearsal:
    """A rehearsal that stays up after its end."""

    def __init__(self, program, *words):
        command = [program, "rehearse", "--serve", "--stay", *words]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        self.url = None
        for line in self.process.stdout:
            found = re.match(r"Live page\s+(\S+)", line)
            if found:
                self.url = found.group(1)
                break
        check(self.url, "the rehearsal names its live page")
        # What nobody reads would stop it.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def view(self):
        return json.loads(ask(self.url + "/view.json"))

    def until(self, is_so):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            view = self.view()
            if view["actions"] and is_so(view):
                return view
            time.sleep(0.1)
        raise AssertionError(f"it never comes to that: {view}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=PATIENCE)


class Browser:
    def __init__(self, profile):
        options = Options()
        options.binary_location = shutil.which("chromium") or "chromium"
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
        ]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))

    def open(self, url):
        # What an earlier page complained about is not this one's.
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get(url)
        self.until(lambda: self.script("return document.body.dataset.ready") == "yes")

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def text(self, place):
        """Asked for at once: what is shown is replaced again and again."""
        return self.script("return document.querySelector(arguments[0])?.innerText ?? ''", place)

    def until(self, is_so):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if is_so():
                return
            time.sleep(0.1)
        raise AssertionError("the page never shows it")

    def turn(self):
        """Waits until the page has asked for everything anew, twice."""
        turns = "return Number(document.body.dataset.turns)"
        last = self.script(turns) + 2
        self.until(lambda: self.script(turns) >= last)

    def scheme(self, name):
        features = [{"name": "prefers-color-scheme", "value": name}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def size(self, width, height):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def shoot(self, folder, name, width):
        """The whole page, where somebody wants to look at it."""
        if folder:
            self.size(width, 900)
            self.turn()
            self.size(width, self.script("return document.documentElement.scrollHeight"))
            self.driver.save_screenshot(str(Path(folder) / f"{name}.png"))

    def click(self, place):
        self.script("document.querySelector(arguments[0]).click()", place)

    def unfold(self, place):
        """Opens what is folded, as a click does."""
        head = f"document.querySelector({place!r} + ' > summary')"
        self.script(f"const head = {head}; if (!head.parentElement.open) head.click()")
        self.until(lambda: self.script(f"return {head}?.parentElement.open ?? false"))

    def nothing_is_cut(self):
        for width in (1280, 390):
            self.size(width, 900)
            self.turn()
            wide = self.script(WIDE, width)
            check(not wide, f"at {width} pixels nothing is cut: {wide}")

    def reads_well(self):
        for scheme in ("light", "dark"):
            self.scheme(scheme)
            bad = self.script(CONTRAST)
            check(not bad, f"{scheme}: too little contrast: {bad}")
        bad = self.script(NAMES)
        check(not bad, f"without a name: {bad}")

    def silence(self):
        """Nothing has been complained about: no error, nothing asked of anybody else."""
        log = self.driver.get_log("browser")
        check(not log, f"the browser complains: {log}")


def a_good_release(browser, program, folder):
    words = ["--speed", "30", "--load", "6", "--controls", "non-root=warn,allowed-registries=warn"]
    with Rehearsal(program, *words) as rehearsal:
        browser.open(rehearsal.url)
        seen = [0, ""]

        def half_way():
            seen[:] = browser.script(SHARE)
            return seen[0] >= 50

        browser.until(half_way)
        check("in progress" in seen[1], f"the verdict is open: {seen}")
        sentence = r"Shifting traffic: \d+ %, next step in \d+ s, about \d+ min left"
        browser.until(lambda: re.search(sentence, browser.text("#sentence")))
        changes = browser.text("#changes")
        for words in ("webapp:1 → webapp:2", "webapp@sha256:", "Pipeline execution"):
            check(words in changes, f"what changes is shown, {words}: {changes}")
        check('"family"' not in changes, "the whole difference is folded")
        browser.unfold("[data-key=diff]")
        browser.turn()
        diff = browser.text("#changes")
        check('+  "runtimePlatform"' in diff, f"on demand it is shown, and stays: {diff}")
        check('"hello"' not in diff and "(hidden" in diff, f"values are hidden: {diff}")
        browser.click("[data-key=diff] > summary")
        check("the shift begins" in browser.text("#traffic .moments"), "the charts are explained")
        tasks = browser.text("#fleet")
        check(tasks.count("Desired") == 2 and "Stopped" in tasks, f"tasks are counted: {tasks}")
        browser.shoot(folder, "half-light", 1280)
        browser.nothing_is_cut()
        browser.shoot(folder, "half-narrow", 390)
        browser.reads_well()
        browser.shoot(folder, "half-dark", 1280)

        view = rehearsal.until(lambda view: view["has_ended"])
        browser.until(lambda: "Succeeded" in browser.text("#verdict"))
        browser.until(lambda: browser.script(KINDS) == ["good"] * 7)
        check("webapp:2 is live" in browser.text("#pipeline"), "the summary is shown")
        check("no registries are configured" in browser.text("#findings"), "the finding is shown")
        check("AfterAllowTraffic" in browser.text("#events"), "the events are shown")
        took = r"AllowTraffic\s+✓\s*Succeeded\s+\d+:\d\d\s+\d+ min"
        check(re.search(took, browser.text("#events")), "a duration is in minutes")
        check("Succeeded after" in browser.text("#sentence"), browser.text("#sentence"))
        load = view["traffic"]["load"]
        check(load["failures"] == 0, f"no request fails: {load}")
        check(load["blue"] > 0 and load["green"] > 0, f"both versions answer: {load}")

        # By keyboard: the first stop leads to the release, and the filter filters.
        browser.script("document.activeElement.blur()")
        browser.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
        first = browser.script("return document.activeElement.className")
        check(first == "skip", f"the first stop is the way past the header, not {first}")
        check(not browser.script("return document.querySelector('#ledger-fold').open"), "folded")
        browser.unfold("#ledger-fold")
        check("PollForJobs" not in browser.text("#ledger-calls"), "polls are hidden")
        browser.click("#ledger-polls")
        check("PollForJobs" in browser.text("#ledger-calls"), "on demand polls are shown")
        browser.nothing_is_cut()
        check(browser.script(NUMBERS) == [], "a number stands in one line")
        browser.size(1280, 900)
        browser.click("#ledger-polls")
        field = browser.driver.find_element(By.ID, "ledger-filter")
        field.send_keys("CreateDeployment")
        rows = "return document.querySelectorAll('#ledger-calls tbody tr').length"
        browser.until(lambda: browser.script(rows) == 1)
        check("codedeploy:CreateDeployment" in browser.text("#ledger-calls"), "the call is found")
        browser.turn()
        check(field.get_attribute("value") == "CreateDeployment", "what is typed stays")
        check(browser.script("return document.activeElement.id") == "ledger-filter", "focus stays")
        browser.silence()


def a_bad_release(browser, program, folder):
    browser.scheme("light")
    with Rehearsal(program, "--scene", "canary-alarm", "--speed", "40", "--load", "8") as rehearsal:
        browser.size(1280, 900)
        browser.open(rehearsal.url)
        view = rehearsal.until(lambda view: view["has_ended"])
        browser.until(lambda: "Failed" in browser.text("#verdict"))
        check("JobFailed" in browser.text("#pipeline"), "the failure's type is shown")
        message = view["actions"][0]["error"][1].splitlines()
        state = browser.text("#state")
        for line in message[:2]:
            check(line in state, f"the cause and what production runs come first: {state}")
        check("What to do" in state and "ALARM_ACTIVE" not in state, f"without evidence: {state}")
        browser.unfold("[data-key=state-evidence]")
        browser.turn()
        check("ALARM_ACTIVE" in browser.text("#state"), "the evidence is shown on demand")
        check("Scaling activity" not in browser.text("#state"), "routine stops are not")
        rollback = browser.text("#events").split("Rollback ")[1]
        check("BeforeInstall" not in rollback, f"what was skipped is folded: {rollback}")
        check(re.search(r"\d skipped", rollback), f"and counted: {rollback}")
        browser.unfold("[data-key=skipped-true]")
        browser.unfold("[data-key=message]")
        check(message[0] in browser.text("#pipeline"), "the message is the author's")
        check("ALARM_ACTIVE" in browser.text("#events"), "CodeDeploy's own words are shown")
        check("since" in browser.text("#guards"), "the alarm is shown")
        check("blue 100 %" in browser.text(".split"), "production is blue again")
        check(view["traffic"]["load"]["failures"] > 0, "the clients have seen it")
        check("the alarm webapp-errors goes on" in browser.text(".moments"), "the alarm is marked")
        for key in ("state-evidence", "skipped-true", "message"):
            browser.click(f"[data-key={key}] > summary")
        browser.shoot(folder, "failed-light", 1280)
        browser.nothing_is_cut()
        browser.shoot(folder, "failed-narrow", 390)
        browser.reads_well()
        browser.shoot(folder, "failed-dark", 1280)
        browser.scheme("light")
        browser.silence()


def tasks_that_stop(browser, program, folder):
    words = ["--scene", "unhealthy", "--load", "0", "--speed", "200"]
    with Rehearsal(program, *words) as rehearsal:
        browser.size(1280, 900)
        browser.open(rehearsal.url)
        browser.until(lambda: "stopped, the last because" in browser.text("#sentence"))
        browser.until(lambda: "Last stop:" in browser.text("#fleet"))
        check("warning" in browser.script("return document.querySelector('#state').className"), "")
        browser.nothing_is_cut()
        browser.shoot(folder, "stopping", 1280)
        browser.silence()


# What only CodeDeploy calls so.
FOREIGN = ["codedeploy", "appspec", "task set", "deployment group"]


def a_release_of_ecs(browser, program, folder):
    words = ["--engine", "ecs", "--scene", "ready", "--speed", "30", "--load", "6"]
    with Rehearsal(program, *words) as rehearsal:
        browser.size(1280, 900)
        browser.open(rehearsal.url)
        browser.until(lambda: "Waiting to be continued; otherwise" in browser.text("#sentence"))
        check("rolls back in" in browser.text("#sentence"), browser.text("#sentence"))
        command = "aws ecs continue-service-deployment --service-deployment-arn "
        command += r"arn:\S+ --hook-id \w"
        check(re.search(command, browser.text(".banner")), browser.text(".banner"))
        browser.until(lambda: "pause" in browser.text("#guards"))
        browser.shoot(folder, "ecs-waits", 1280)
        browser.until(lambda: re.search(r"next step in \d+ s, about", browser.text("#sentence")))
        browser.reads_well()
        browser.nothing_is_cut()
        browser.shoot(folder, "ecs-half", 1280)
        browser.until(lambda: "the old ones stay for" in browser.text("#sentence"))
        view = rehearsal.until(lambda view: view["has_ended"])
        browser.until(lambda: browser.script(KINDS) == ["good"] * 8)
        check("PRODUCTION_TRAFFIC_SHIFT" in browser.text("#events"), "the stages are shown")
        check(view["traffic"]["load"]["failures"] == 0, "no request fails")
        told = browser.text("body").lower()
        for word in FOREIGN:
            check(word not in told, f"{word} is CodeDeploy's: {told}")
        browser.shoot(folder, "ecs-ended", 1280)
        browser.silence()


def a_worker_at_work(browser, program, folder):
    """`run --page on` shows what is in hand, and nothing can be changed there."""
    simulator = subprocess.Popen(
        [program, "simulate", "--speed", "60"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    exports = {}
    for line in simulator.stdout:
        found = re.match(r"export (\w+)=(.*)", line)
        if found:
            exports[found[1]] = found[2]
        if line.startswith("# The control endpoint"):
            break
    # The fleet's journal.
    s3 = boto3.client(
        "s3",
        endpoint_url=exports["AWS_ENDPOINT_URL"],
        region_name=exports["AWS_REGION"],
        aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"}),
    )
    place = {"LocationConstraint": exports["AWS_REGION"]}
    s3.create_bucket(Bucket="journal", CreateBucketConfiguration=place)
    fast = ["--poll-interval", "200ms", "--observe-interval", "200ms", "--watch", "1s"]
    fast += ["--report-rate", "50/s"]
    worker = subprocess.Popen(
        [
            program,
            "run",
            "--page",
            "on",
            "--listen",
            "127.0.0.1:0",
            "--journal",
            "s3://journal/fleet",
        ]
        + fast,
        env=exports,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        address = None
        for line in worker.stdout:
            found = re.search(r"address=(127\.0\.0\.1:\d+)", line)
            if found:
                address = f"http://{found[1]}"
                break
        check(address, "the worker says where it listens")
        threading.Thread(target=worker.stdout.read, daemon=True).start()
        files = ROOT / "examples/webapp"
        names = ("taskdef.json", "appspec.yaml", "imageDetail.json")
        order = {
            "configuration": {
                "ApplicationName": "webapp",
                "DeploymentGroupName": "webapp",
                "TaskDefinitionTemplateArtifact": "Build",
                "AppSpecTemplateArtifact": "Build",
                "Image1ArtifactName": "Build",
                "Image1ContainerName": "IMAGE1_NAME",
            },
            "artifacts": {"Build": {"files": {name: (files / name).read_text() for name in names}}},
        }
        control = exports["AWS_ENDPOINT_URL"] + "/_control/actions"
        kind = {"Content-Type": "application/json"}

        def start() -> None:
            body = json.dumps(order).encode()
            urllib.request.urlopen(urllib.request.Request(control, body, kind)).close()

        start()
        check('href="/page/"' in ask(address + "/"), "the index lists the page")
        port = address.rsplit(":", 1)[1]
        names = [("worker.localhost", 200), (socket.gethostname(), 200), ("evil.example", 403)]
        for name, expected in names:
            request = urllib.request.Request(address + "/", headers={"Host": f"{name}:{port}"})
            check(answer_of(request) == expected, f"asked as {name}: {expected}")
        browser.open(address + "/page/")
        browser.until(lambda: "AllowTraffic" in browser.text("#pipeline"))
        check("in hand" in browser.text("#pipeline").lower(), "it is in hand")
        check("1 release in hand" in browser.text("#sentence"), browser.text("#sentence"))
        after_midnight = "new Date(2026, 0, 1, 0, 5).getTime() / 1000"
        for shown in ("clock", "moment"):
            said = browser.script(f"return {shown}({after_midnight})")
            check("24:" not in said, f"the hour after midnight: {said}")
        row = "#pipeline [data-key^=release]"
        check("action execution" not in browser.text(row), "a release has one row")
        browser.unfold(row)
        browser.turn()
        check("action execution" in browser.text(row), "and the rest on demand")
        browser.until(lambda: "webapp" in browser.text("#jobs"))
        links = "return [...document.querySelectorAll('#pipeline a')].map((link) => link.href)"
        check("/deployments/d-" in browser.script(links)[0], "the console's page is linked")
        browser.shoot(folder, "worker", 1280)
        browser.shoot(folder, "worker-narrow", 400)
        bad = browser.script(CONTRAST) + browser.script(NAMES)
        check(not bad, f"on the worker's page: {bad}")
        browser.until(lambda: "webapp:2 is live" in browser.text("#ended"))
        browser.unfold("#ledger-fold")
        check("codedeploy:CreateDeployment" in browser.text("#ledger-calls"), "its calls are shown")

        # A bundle without an AppSpec: the whole message is shown, as in the pipeline.
        del order["artifacts"]["Build"]["files"]["appspec.yaml"]
        start()
        browser.until(lambda: "Failed" in browser.text("#ended"))
        browser.unfold("#ended [data-key^=release]")
        check("ConfigurationError" in browser.text("#ended"), "the failure's type is shown")
        check("appspec.yaml" in browser.text("#ended"), "the message is shown")
        browser.nothing_is_cut()
        browser.shoot(folder, "worker-failed", 1280)
        told = "".join(ask(address + "/page/" + name) for name in ("view.json", "calls.json"))
        check(exports["AWS_SECRET_ACCESS_KEY"] not in told, "no secret is told")
        browser.silence()
        change = urllib.request.Request(address + "/page/view.json", b"{}", method="POST")
        check(answer_of(change) == 405, "the page takes no change")
    finally:
        for process in (worker, simulator):
            process.terminate()
            process.wait(timeout=PATIENCE)


def offline(browser, program, _folder):
    """What was seen last stays when the program is gone."""
    words = ["--speed", "600", "--deployment-config", "CodeDeployDefault.ECSAllAtOnce"]
    with Rehearsal(program, *words) as rehearsal:
        browser.open(rehearsal.url)
        rehearsal.until(lambda view: view["has_ended"])
        browser.until(lambda: "Succeeded" in browser.text("#verdict"))
    browser.until(lambda: browser.script("return document.body.dataset.reached") == "no")
    check("Succeeded" in browser.text("#verdict"), "the end stays")


def main():
    program = os.path.abspath(sys.argv[1])
    folder = sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        try:
            stories = (
                a_good_release,
                a_bad_release,
                tasks_that_stop,
                a_release_of_ecs,
                a_worker_at_work,
                offline,
            )
            for story in stories:
                story(browser, program, folder)
                print(f"ok: {story.__name__.replace('_', ' ')}")
        finally:
            browser.driver.quit()


if __name__ == "__main__":
    main()
