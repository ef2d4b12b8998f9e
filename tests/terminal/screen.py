"""As much of a terminal as programs that write lines use, and a program in one."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")
UNFINISHED = re.compile(r"\x1b(\[[0-9;?]*)?$")


class Screen:
    """Lines of cells, each a letter with the parameters of its ink."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.cells, self.row, self.column, self.ink = [[]], 0, 0, ""

    def feed(self, text):
        at = 0
        while at < len(text):
            found = SEQUENCE.match(text, at)
            if found:
                self.obey(found[1], found[2])
                at = found.end()
                continue
            if text[at] == "\x1b":
                raise AssertionError(
                    f"a sequence that this terminal does not know: {text[at:][:9]!r}"
                )
            self.write(text[at])
            at += 1

    def obey(self, parameters, letter):
        if letter == "A":
            top = max(0, len(self.cells) - self.rows)
            self.row = max(top, self.row - int(parameters or 1))
        elif letter == "K":
            del self.cells[self.row][self.column :]
        elif letter == "J":
            del self.cells[self.row][self.column :]
            del self.cells[self.row + 1 :]
        elif letter == "m":
            self.ink = "" if parameters in ("", "0") else parameters
        else:
            raise AssertionError(f"a sequence that this terminal does not know: {letter}")

    def write(self, letter):
        if letter == "\r":
            self.column = 0
        elif letter == "\n":
            self.down()
        else:
            if self.column == self.columns:
                self.down()
                self.column = 0
            line = self.cells[self.row]
            line.extend([(" ", "")] * (self.column + 1 - len(line)))
            line[self.column] = (letter, self.ink)
            self.column += 1

    def down(self):
        self.row += 1
        if self.row == len(self.cells):
            self.cells.append([])

    def lines(self):
        """All that was ever written and not written over, without trailing blanks."""
        return ["".join(letter for letter, _ in line).rstrip() for line in self.cells]

    def text(self):
        return "\n".join(self.lines())


class Session:
    """A program whose standard output, input and controlling terminal are one."""

    def __init__(self, command, columns=80, rows=24, cwd=None, **variables):
        self.screen, self.raw, self.rest = Screen(columns, rows), "", b""
        self.leader, self.follower = pty.openpty()
        self.resize(columns, rows)
        self.settings = termios.tcgetattr(self.follower)
        environment = {**os.environ, "TERM": "xterm-256color", **variables}
        environment = {name: value for name, value in environment.items() if value is not None}
        self.process = subprocess.Popen(
            command,
            stdin=self.follower,
            stdout=self.follower,
            stderr=self.follower,
            cwd=cwd,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def resize(self, columns, rows):
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.leader, termios.TIOCSWINSZ, size)
        self.screen.columns, self.screen.rows = columns, rows

    def type(self, text):
        os.write(self.leader, text.encode())

    def read(self):
        """Takes in what there is; whether anything came."""
        ready, _, _ = select.select([self.leader], [], [], 0.05)
        if not ready:
            return False
        try:
            self.rest += os.read(self.leader, 65536)
        except OSError:
            return False
        # A letter or a sequence may come in two pieces.
        text = self.rest.decode("utf-8", "replace")
        if text.endswith("\ufffd") or UNFINISHED.search(text):
            return True
        self.screen.feed(text)
        self.raw += text
        self.rest = b""
        return True

    def until(self, is_so, what, patience=120):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            self.read()
            if is_so():
                return
            if self.process.poll() is not None and not self.read():
                break
        raise AssertionError(f"it never comes to that: {what}\n{self.screen.text()}")

    def until_shown(self, words):
        self.until(lambda: words in self.screen.text(), words)

    def end(self, patience=120):
        """Reads to the end; the exit code."""
        self.until(lambda: self.process.poll() is not None, "an end", patience)
        while self.read():
            pass
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
        os.close(self.leader)
        os.close(self.follower)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
