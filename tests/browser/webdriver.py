"""A browser to look at pages with: Chromium through chromedriver and the WebDriver protocol (W3C)."""

import base64
import json
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def what_is_missing():
    """In words, or None if there is a browser to test with."""
    if shutil.which("chromedriver") is None:
        return "chromedriver is not installed (Debian package chromium-driver)"
    if not any(shutil.which(name) for name in CHROMIUM_NAMES):
        return "Chromium is not installed (Debian package chromium)"
    return None


class Browser:
    """One headless window. Use it in a with statement."""

    def __init__(self):
        binary = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
        self._driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._address = f"http://127.0.0.1:{self._port()}"
        self._session = ""
        options = {
            "binary": binary,
            "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"],
        }
        capabilities = {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        try:
            answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        except Exception:
            self._driver.kill()
            raise
        self._session = f"/session/{answer['sessionId']}"

    def _port(self):
        for line in self._driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                return int(found[1])
        raise RuntimeError("chromedriver ended before it was ready")

    def _call(self, method, path, content=None):
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(
            self._address + path, data, {"Content-Type": "application/json"}, method=method
        )
        # The driver is on this machine: a proxy of the environment has no say.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=180) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read().decode()[:2000]}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._call("DELETE", self._session)
        finally:
            self._driver.terminate()
            self._driver.wait()
            self._driver.stdout.close()

    def devtools(self, command, **parameters):
        """One command of the DevTools protocol."""
        content = {"cmd": command, "params": parameters}
        return self._call("POST", self._session + "/goog/cdp/execute", content)

    def look_like(self, width, height=900, dark=False, phone=False):
        """The size of the window in CSS pixels, and which colours the system prefers."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, page: Path):
        """Loads a file and waits until all of it is there. Earlier logs are forgotten."""
        self._log("browser"), self._log("performance")
        self._call("POST", self._session + "/url", {"url": page.resolve().as_uri()})

    def script(self, text, *arguments):
        """The value that the text of a function returns; a promise is waited for."""
        content = {"script": text, "args": list(arguments)}
        return self._call("POST", self._session + "/execute/sync", content)

    def _log(self, kind):
        return self._call("POST", self._session + "/se/log", {"type": kind})

    def console(self):
        """Errors and warnings since the last call."""
        return [entry for entry in self._log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """Addresses that were asked for since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        sent = [m for m in messages if m["method"] == "Network.requestWillBeSent"]
        return [message["params"]["request"]["url"] for message in sent]

    def press(self, key):
        """A key on whatever has the focus."""
        for kind in ("keyDown", "keyUp"):
            self.devtools("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def screenshot(self, file: Path, whole=False):
        """A PNG of the window, or of the whole page."""
        shot = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))
