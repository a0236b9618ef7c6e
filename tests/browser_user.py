"""A person in a real browser, whose interactions are counted and can be photographed."""

import os
from dataclasses import dataclass, field
from typing import Any

SCREENSHOT_FOLDER = os.environ.get("PICTURES")  # a folder: `make pictures`
CURATOR_PASSWORD = "a-long-passphrase-1"
ARTICLE_UPLOAD = """<!DOCTYPE html>
<html lang="en"><head><title>Mines closed | The Steppe Post</title>
<meta property="og:title" content="Kazakhstan closes mines">
<meta property="og:site_name" content="The Steppe Post">
<meta property="article:published_time" content="2021-06-11T09:00:00+06:00"></head><body>
<p>Kazakhstan's Ministry of Energy ordered crypto mining farms without a licence to shut down.</p>
<p>On 9 June its inspectors closed 13 farms in the north of the country.</p>
<p>Miners had long been drawn there by cheap power.</p></body></html>"""


@dataclass
class BrowserUser:
    """One person at one page. Each click, key, choice or filled field is an interaction."""

    page: Any
    site: str
    interactions: list[str] = field(default_factory=list)

    def record_interaction(self, what: str) -> None:
        self.interactions.append(what)

    def take_screenshot(self, name: str, place: str = "") -> None:
        """Save a screenshot for docs/curating.md if PICTURES is set; scroll to `place` first."""
        if SCREENSHOT_FOLDER:
            self.page.evaluate("document.activeElement.blur()")
            self.page.wait_for_timeout(1500)  # for the live preview to catch up
            if place:
                self.page.locator(place).first.evaluate("found => found.scrollIntoView()")
            self.page.screenshot(path=f"{SCREENSHOT_FOLDER}/{name}.png")

    def click(self, name: str, role: str = "link") -> None:
        self.record_interaction(f"click {name}")
        self.page.get_by_role(role, name=name, exact=True).first.click()
        self.page.wait_for_load_state("networkidle")

    def press(self, name: str) -> None:
        self.click(name, "button")

    def fill(self, name: str, value: str) -> None:
        self.record_interaction(f"fill {name}")
        self.page.locator(f"[name='{name}']").fill(value)

    def choose(self, name: str, value: str) -> None:
        self.record_interaction(f"choose {name}")
        self.page.locator(f"select[name='{name}']").select_option(value)

    def tick(self, label: str) -> None:
        self.record_interaction(f"tick {label}")
        self.page.get_by_label(label, exact=True).check()

    def upload(self, name: str, file: str, content: str) -> None:
        self.record_interaction(f"upload {name}")
        kind = {"name": file, "mimeType": "text/html", "buffer": content.encode()}
        self.page.locator(f"[name='{name}']").set_input_files(kind)

    def select(self, first: str, last: str) -> None:
        """Drag the mouse from the beginning of one element to the end of another."""
        self.record_interaction("select a passage")
        begin = self.page.locator(first).bounding_box()
        end = self.page.locator(last).bounding_box()
        mouse = self.page.mouse
        mouse.move(begin["x"] + 1, begin["y"] + begin["height"] / 2)
        mouse.down()
        mouse.move(end["x"] + end["width"] - 1, end["y"] + end["height"] / 2)
        mouse.up()

    def log_in(self, name: str) -> None:
        self.page.goto(f"{self.site}/admin/")
        self.fill("username", name)
        self.fill("password", CURATOR_PASSWORD)
        self.press("Log in")
