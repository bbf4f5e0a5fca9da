"""A headless Chromium over the DevTools protocol, by pipe; it reaches nothing but the pages that it is given.

https://chromedevtools.github.io/devtools-protocol/ (domains Fetch, Page, Runtime); on file descriptors 3 and 4, each
message ends in a NUL.
"""
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time

from waiting import LIMIT_S

HOST = "http://page.example/"
FLAGS = ["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-extensions", "--hide-scrollbars", "--mute-audio", "--host-resolver-rules=MAP * ~NOTFOUND",
         "--window-size=800,600", "--disable-features=Translate,HttpsUpgrades,OptimizationHints"]


def is_installed():
    return shutil.which("chromium") is not None


class Chromium:
    """One page at a time, without scripts, as mail readers show them."""

    def __init__(self, folder):
        theirs, self.to = os.pipe()
        self.answers, back = os.pipe()
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (theirs, back)]
        self.log = (folder / "chromium.log").open("ab")
        home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
        self.process = subprocess.Popen(
            ["chromium", f"--user-data-dir={folder}/profile", *FLAGS], env=os.environ | home, close_fds=False,
            preexec_fn=lambda: (os.dup2(high[0], 3), os.dup2(high[1], 4)),
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        for fd in (theirs, back, *high):
            os.close(fd)
        self.number, self.rest, self.served, self.asked, self.session = 0, b"", {}, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)
        self.call("Emulation.setScriptExecutionDisabled", value=True)
        self.call("Fetch.enable", patterns=[{"urlPattern": "*"}])

    def close(self):
        os.close(self.to)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.answers)
        self.log.close()

    def show(self, content, content_type="text/html", images=()):
        """Loads a page, waits until it stands; `images`: bytes by URL, everything else is refused."""
        url = HOST + str(self.number)
        self.served = {url: (content_type, content)} | {at: ("image/gif", image) for at, image in dict(images).items()}
        self.asked = []
        loader = self.call("Page.navigate", url=url)["loaderId"]
        self.wait(lambda message: message.get("method") == "Page.lifecycleEvent"
                  and message["params"]["loaderId"] == loader and message["params"]["name"] == "load")

    def evaluate(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def picture(self, width, height):
        """PNG of the page from its upper left corner, in CSS pixels."""
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=True, optimizeForSpeed=True,
                           clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1})
        return base64.b64decode(answer["data"])

    def size(self):
        found = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return max(found["width"], 1), max(found["height"], 1)

    def call(self, method, **parameters):
        number = self.send(method, **parameters)
        answer = self.wait(lambda message: message.get("id") == number)
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def send(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session and not method.startswith("Target."):
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        return self.number

    def wait(self, is_wanted):
        until = time.monotonic() + LIMIT_S
        while True:
            while b"\0" not in self.rest:
                readable, _, _ = select.select([self.answers], [], [], max(0, until - time.monotonic()))
                assert readable, "Chromium does not answer"
                more = os.read(self.answers, 1 << 20)
                assert more, "Chromium has ended"
                self.rest += more
            line, _, self.rest = self.rest.partition(b"\0")
            message = json.loads(line)
            if message.get("method") == "Fetch.requestPaused":
                self.answer(message["params"])
            elif is_wanted(message):
                return message

    def answer(self, paused):
        url = paused["request"]["url"]
        self.asked.append(url)
        if url not in self.served:
            # A page that would go elsewhere by itself stays where it is.
            is_page = paused["resourceType"] == "Document"
            self.send("Fetch.failRequest", requestId=paused["requestId"],
                      errorReason="Aborted" if is_page else "BlockedByClient")
            return
        content_type, content = self.served[url]
        self.send("Fetch.fulfillRequest", requestId=paused["requestId"], responseCode=200,
                  responseHeaders=[{"name": "Content-Type", "value": content_type}],
                  body=base64.b64encode(content).decode())
