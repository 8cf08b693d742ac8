#!/usr/bin/env python3
"""Drives a real Chromium against a running front, over the DevTools protocol on a pipe; needs nothing installed.

Usage: chromium.py BROWSER PROFILE ORIGIN dictionary TEMPLATE PLAYER
       chromium.py BROWSER PROFILE ORIGIN page PATH

`dictionary` fetches the template, then the player's answer until it comes as dcz, and prints as JSON what the browser
saw: coding, bytes on the wire, the decoded text. `page` opens a page and prints its title, text and console messages.
"""

import json
import os
import subprocess
import sys
import time


class Browser:
    def __init__(self, program, profile):
        to_browser, self.commands = os.pipe()
        self.answers, from_browser = os.pipe()

        # The protocol's descriptors are 3 and 4 of the browser; the shell puts them there.
        redirections = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        self.process = subprocess.Popen(
            ["bash", "-c", redirections, "bash", program, "--headless=new", "--no-sandbox", "--disable-gpu",
             "--disable-breakpad", "--disable-crash-reporter", "--no-first-run", "--remote-debugging-pipe",
             f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_browser, from_browser), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer = b""
        self.number = 0
        self.events = []

    def receive(self):
        while b"\0" not in self.buffer:
            chunk = os.read(self.answers, 1 << 16)
            if not chunk:
                sys.exit("the browser ended")
            self.buffer += chunk
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        os.write(self.commands, json.dumps(command).encode() + b"\0")
        while True:
            message = self.receive()
            if message.get("id") == self.number:
                if "error" in message:
                    sys.exit(f"{method}: {message['error']['message']}")
                return message["result"]
            self.events.append(message)

    def open(self, url):
        """A tab at `url`, loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable", session)
        self.call("Page.navigate", session, url=url)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.receive())
        return session

    def evaluate(self, session, expression):
        result = self.call("Runtime.evaluate", session, expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            sys.exit(result["exceptionDetails"]["exception"].get("description", "an exception"))
        return result["result"].get("value")

    def close(self):
        self.call("Browser.close")
        self.process.wait()


FETCH = """
(async () => {
  const template = await fetch(%(template)s);
  await template.arrayBuffer();
  const answer = await fetch(%(answer)s, {headers: {"x-mock-user-id": %(player)s}, cache: "no-store"});
  const text = await answer.text();
  const entries = performance.getEntriesByType("resource").filter((one) => one.name.endsWith(%(answer)s));
  return {status: answer.status, coding: answer.headers.get("content-encoding"), text,
          bytes: entries[entries.length - 1].encodedBodySize, templateStatus: template.status,
          isSecure: window.isSecureContext};
})()
"""


def dictionary(browser, origin, template, player):
    session = browser.open(origin + "/healthz")
    words = {"template": f"/challenge/v1/templates/{template}", "player": player,
             "answer": "/challenge/v1/challenges/initialize"}
    script = FETCH % {key: json.dumps(value) for key, value in words.items()}
    deadline = time.monotonic() + 120
    while True:
        seen = browser.evaluate(session, script)
        # The browser files a dictionary after it has handed the template over: it is asked again until it has.
        if seen["coding"] == "dcz" or time.monotonic() > deadline:
            return seen


def page(browser, origin, path):
    session = browser.open(origin + path)
    title = browser.evaluate(session, "document.title")
    text = browser.evaluate(session, "document.body.innerText")
    complaints = [event["params"] for event in browser.events
                  if event.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")]
    requests = [event["params"]["request"]["url"] for event in browser.events
                if event.get("method") == "Network.requestWillBeSent"]
    return {"title": title, "text": text, "complaints": complaints, "requests": requests}


def main():
    program, profile, origin, kind, *words = sys.argv[1:]
    browser = Browser(program, profile)
    try:
        print(json.dumps({"dictionary": dictionary, "page": page}[kind](browser, origin, *words)))
        browser.close()
    finally:
        browser.process.kill()


if __name__ == "__main__":
    main()
