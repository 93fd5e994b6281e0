"""A person at a browser: signs in, reads calls, listens; a test reads as what they do and see."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self, cast

from playwright.sync_api import Browser, Page, expect

from tests.support.morning import PASSWORD


class Person:
    """One browser window, and every complaint its console made."""

    def __init__(self, page: Page, url: str) -> None:
        """Look at `page`; the staff pages are at `url`."""
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.expects_faults = False
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @classmethod
    @contextmanager
    def at(cls, browser: Browser, url: str, **window: Any) -> Iterator[Self]:
        """Someone with a window of their own; `window` as Playwright takes it (`viewport`, `locale`, …)."""
        context = browser.new_context(**({"locale": "zh-CN", "viewport": {"width": 1280, "height": 800}} | window))
        try:
            yield cls(context.new_page(), url)
        finally:
            context.close()

    def sign_in(self, login: str = "supervisor") -> None:
        """Sign in and stand before the live floor."""
        self.open("/sign-in")
        self.page.fill("[name=login]", login)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click(".door button.main")
        expect(self.page.locator("#floor")).to_be_visible()

    def open(self, path: str) -> None:
        """Open a page."""
        self.page.goto(self.url + path)

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def sees(self, selector: str, text: str = "") -> None:
        """Wait until something is to be seen."""
        expect(self.page.locator(selector).filter(has_text=text).first).to_be_visible()

    def sees_live(self) -> None:
        """Wait until the floor says that it is live."""
        expect(self.page.locator("#pulse")).to_have_attribute("data-state", "live")

    def width(self) -> int:
        """How wide the page is, in pixels."""
        return cast("int", self.page.evaluate("document.documentElement.scrollWidth"))

    def saw_no_faults(self) -> None:
        """Neither an error of a script nor a breach of the content policy."""
        assert not self.complaints, self.complaints

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not self.expects_faults:
            self.complaints.append(text)
