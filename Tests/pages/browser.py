#!/usr/bin/env python3
"""Opens pages in a headless Chromium and reports what a reader would not want.

  Tests/pages/browser.py [--screenshots DIRECTORY] [--size WIDTHxHEIGHT ...] [--fits] PAGE ...

A page is a file or an address; the default sizes are 1280x800 and 400x800. Each page is opened at each
size, in light and in dark, with everything that folds open in the end. A visit is one line of JSON with
its problems:

- a line on the console, an exception, or a remark of the browser's own log;
- a request for anything but the page itself;
- a page that is wider than the window, folded and unfolded;
- with --fits: a first screen (the header) that ends below the window at 1280x800.

Screenshots are of the window, and of the whole page with everything open. Exits 0 without problems, 1
with some, 69 where no browser is installed. LATGATE_BROWSER names the program.

The browser is spoken to by its DevTools protocol over two pipes.
"""

import argparse
import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# Of any one answer; a page takes a fraction of a second.
LIMIT = 180
# What the page has in the end: its width beyond the window, and where its first screen ends.
MEASURE = """(() => {
  const root = document.scrollingElement;
  const header = document.querySelector('header');
  // Tables and pictures have frames of their own, in which they move.
  const beyond = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    range.selectNodeContents(walker.currentNode);
    const isFramed = walker.currentNode.parentElement.closest('.scroll, svg');
    if (!isFramed && range.getBoundingClientRect().right > root.clientWidth)
      beyond.push(walker.currentNode.data.slice(0, 60));
  }
  return {over: root.scrollWidth - root.clientWidth, beyond: beyond.join(', '),
          header: header ? Math.ceil(header.getBoundingClientRect().bottom) : null,
          height: root.scrollHeight, text: document.body.innerText.length};
})()"""
UNFOLD = "document.querySelectorAll('details').forEach(one => { one.open = true; })"


class Browser:
    """The program, and the commands that it answers."""

    def __init__(self, program, directory):
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()

        def place():
            # The protocol's pipes are 3 and 4, whatever numbers these have here.
            reader, writer = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(reader, 3)
            os.dup2(writer, 4)

        flags = ["--headless", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars",
                 "--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage",
                 "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                 f"--user-data-dir={directory}"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")
        self.process = subprocess.Popen([program, *flags, "about:blank"], preexec_fn=place,
                                        pass_fds=(3, 4), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.input, self.output = ours_in, ours_out
        self.number, self.buffer, self.events = 0, b"", []

    def message(self, until):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.input], [], [], max(0, until - time.monotonic()))
            data = os.read(self.input, 1 << 20) if ready else b""
            if not data:
                raise RuntimeError("the browser does not answer")
            self.buffer += data
        one, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(one)

    def call(self, method, session=None, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.output, data):]
        until = time.monotonic() + LIMIT
        while True:
            answer = self.message(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        """Until an event of this kind was seen."""
        until = time.monotonic() + LIMIT
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.message(until))

    def close(self):
        os.close(self.output)
        try:
            self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.input)


def said(event):
    """What an event says that no page should have; None for others."""
    method, facts = event.get("method"), event.get("params", {})
    if method == "Runtime.consoleAPICalled":
        words = [str(one.get("value", one.get("description", ""))) for one in facts["args"]]
        return f"console {facts['type']}: {' '.join(words)}"
    if method == "Runtime.exceptionThrown":
        details = facts["exceptionDetails"]
        return f"exception: {details.get('exception', {}).get('description', details['text'])}"
    if method == "Log.entryAdded":
        return f"log {facts['entry']['level']}: {facts['entry']['text']}"
    if method == "Network.loadingFailed":
        return f"not loaded: {facts['errorText']}"
    return None


def visit(browser, address, size, options, headers):
    width, height = size
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    found = {"page": address.rsplit("/", 1)[-1], "width": width, "height": height}
    problems = []

    def call(method, **parameters):
        return browser.call(method, session, **parameters)

    def value(expression):
        return call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def shoot(name, whole):
        if not options.screenshots:
            return
        picture = call("Page.captureScreenshot", captureBeyondViewport=whole,
                       **({"clip": {"x": 0, "y": 0, "width": width, "scale": 1,
                                    "height": min(value(MEASURE)["height"], 16000)}} if whole else {}))
        stem = pathlib.Path(urllib.parse.urlparse(address).path).stem or "start"
        path = pathlib.Path(options.screenshots) / f"{stem}-{width}{name}.png"
        path.write_bytes(base64.b64decode(picture["data"]))

    for domain in ("Page", "Runtime", "Log", "Network"):
        call(f"{domain}.enable")
    if headers:
        call("Network.setExtraHTTPHeaders", headers=headers)
    call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
         mobile=False)
    browser.events = []
    call("Page.navigate", url=address)
    browser.wait("Page.loadEventFired")
    folded = value(MEASURE)
    shoot("", False)
    call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    shoot("-dark", False)
    call("Emulation.setEmulatedMedia", features=[])
    call("Runtime.evaluate", expression=UNFOLD)
    unfolded = value(MEASURE)
    shoot("-whole", True)

    requests = [event["params"]["request"]["url"] for event in browser.events
                if event.get("method") == "Network.requestWillBeSent"]
    problems += [f"requests {one[:200]}" for one in requests if one.split("#")[0] != address]
    problems += [words[:300] for words in map(said, browser.events) if words]
    if not folded["text"]:
        problems.append("the page is empty")
    for state, shape in (("", folded), (" unfolded", unfolded)):
        if shape["over"] > 0:
            problems.append(f"{shape['over']} px wider than the window{state}: {shape['beyond']}")
    if options.fits and size == (1280, 800) and (folded["header"] or 0) > height:
        problems.append(f"the first screen ends at {folded['header']} px")
    found["header"], found["problems"] = folded["header"], problems
    browser.call("Target.closeTarget", targetId=target)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--screenshots", metavar="DIRECTORY")
    parser.add_argument("--size", action="append", metavar="WIDTHxHEIGHT")
    parser.add_argument("--fits", action="store_true")
    parser.add_argument("--header", action="append", default=[], metavar="NAME:VALUE")
    parser.add_argument("page", nargs="+")
    options = parser.parse_args()
    named = os.environ.get("LATGATE_BROWSER")
    program = next(filter(None, map(shutil.which, [named] if named else PROGRAMS)), None)
    if not program:
        print("browser.py: no Chromium here: run ci/setup", file=sys.stderr)
        return 69
    sizes = [tuple(map(int, one.split("x"))) for one in options.size or ("1280x800", "400x800")]
    headers = {name: text.strip() for name, _, text in (one.partition(":") for one in options.header)}
    failed = 0
    # A browser that was killed may still write there.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        browser = Browser(program, directory)
        try:
            for page in options.page:
                address = page if "://" in page else pathlib.Path(page).resolve().as_uri()
                for size in sizes:
                    found = visit(browser, address, size, options, headers)
                    failed += bool(found["problems"])
                    print(json.dumps(found), flush=True)
        finally:
            browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
