"""A headless Chromium, driven by the DevTools protocol over pipes: JSON messages that end in NUL. Standard library only.

    with Browser() as browser:
        page = browser.open("/tmp/report.html", width=400, height=800)
        page.js("document.title")

Everything that the page fetches or complains of is kept: page.requests, page.errors. A page that does not answer within
LIMIT_S fails whoever waits for it.
"""

import base64
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

LIMIT_S = 60
KEYS = {"ArrowRight": 39, "ArrowLeft": 37, "ArrowUp": 38, "ArrowDown": 40, "Home": 36, "End": 35, "Tab": 9, "Enter": 13,
        " ": 32}


class Browser:
    def __init__(self):
        program = shutil.which("chromium") or shutil.which("google-chrome")
        if program is None:
            raise FileNotFoundError("no chromium: apt-get install chromium (README.md, Dependencies)")
        self.folder = tempfile.mkdtemp(prefix="cfgt_browser_")
        ours, theirs = os.pipe(), os.pipe()  # what it reads, what it writes

        def pipes():  # it reads from 3 and writes to 4, whatever these were; copies first, lest one overwrites the other
            reads, writes = os.dup(ours[0]), os.dup(theirs[1])
            os.dup2(reads, 3)
            os.dup2(writes, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
             "--disable-extensions", "--disable-sync", "--hide-scrollbars", "--user-data-dir=" + self.folder,
             "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=pipes,
            close_fds=False, start_new_session=True)
        os.close(ours[0])
        os.close(theirs[1])
        self.write, self.read = ours[1], theirs[0]
        self.buffer, self.number, self.pages = b"", 0, {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.send("Browser.close")
            self.process.wait(10)
        except (OSError, RuntimeError, TimeoutError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # a wrapper script's children too
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.read)
        os.close(self.write)
        shutil.rmtree(self.folder, ignore_errors=True)

    def receive(self, deadline):
        while b"\0" not in self.buffer:
            if not select.select([self.read], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            more = os.read(self.read, 1 << 20)
            if not more:
                raise RuntimeError("the browser has ended")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(message)
        page = self.pages.get(message.get("sessionId"))
        if page is not None and "method" in message:
            page.heard(message["method"], message["params"])
        return message

    def send(self, method, params=None, session=None):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.write, text):]
        deadline = time.monotonic() + LIMIT_S
        while True:
            answer = self.receive(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, path, **how):
        return Page(self, path, **how)


class Page:
    def __init__(self, browser, path, width=1280, height=900, dark=False):
        self.browser, self.requests, self.errors, self.loaded = browser, [], [], False
        self.target = browser.send("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = browser.send("Target.attachToTarget", {"targetId": self.target, "flatten": True})["sessionId"]
        browser.pages[self.session] = self
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(domain + ".enable")
        self.send("Emulation.setDeviceMetricsOverride",
                  {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        self.prefer(dark)
        self.url = pathlib.Path(path).resolve().as_uri()
        self.send("Page.navigate", {"url": self.url})
        self.until("document.documentElement?.dataset.ready === '1'")

    def send(self, method, params=None):
        return self.browser.send(method, params, self.session)

    def close(self):  # one page at a time: those behind others are not painted
        self.browser.send("Target.closeTarget", {"targetId": self.target})
        del self.browser.pages[self.session]

    def heard(self, method, params):
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(params["exceptionDetails"].get("exception", {}).get("description", str(params)))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.errors.append(str(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.errors.append(params["entry"]["text"])

    def js(self, expression):
        """The value of an expression in the page; a promise's when it has one."""
        answer = self.send("Runtime.evaluate",
                           {"expression": expression, "returnByValue": True, "awaitPromise": True})
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, expression):
        deadline = time.monotonic() + LIMIT_S
        while not self.js(f"!!({expression})"):  # an element by value is an empty object
            if time.monotonic() > deadline:
                raise TimeoutError(expression)
            time.sleep(0.02)

    def prefer(self, dark):
        self.send("Emulation.setEmulatedMedia",
                  {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def press(self, key, shift=False):
        what = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key], "modifiers": 8 if shift else 0}
        text = {"Enter": "\r", " ": " "}.get(key)
        if text:
            what["text"] = text
        self.send("Input.dispatchKeyEvent", {"type": "keyDown" if text else "rawKeyDown", **what})
        self.send("Input.dispatchKeyEvent", {"type": "keyUp", **what})

    def type(self, text):
        self.send("Input.insertText", {"text": text})

    def screenshot(self, file, clip=None):
        """`clip`: (x, y, width, height) of the whole page; else what the window shows."""
        params = {"format": "png"}
        if clip:
            x, y, width, height = clip
            params["clip"] = {"x": x, "y": y, "width": width, "height": height, "scale": 1}
            params["captureBeyondViewport"] = True
        with open(file, "wb") as out:
            out.write(base64.b64decode(self.send("Page.captureScreenshot", params)["data"]))
