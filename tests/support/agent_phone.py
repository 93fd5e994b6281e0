"""An agent at her desk: the page is her telephone, and she works it by keyboard."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from playwright.sync_api import Browser, expect

from tests.support.person import Person

# A phone rings once its caller has heard the menu; everything else follows within seconds.
MENU_SECONDS, PATIENCE_SECONDS = 80.0, 60.0


class AgentPhone(Person):
    """An agent's desk and telephone."""

    @classmethod
    @contextmanager
    def at_desk(cls, browser: Browser, url: str, login: str, **window: Any) -> Iterator[Self]:
        """Sign in as `login` in a window of her own and open the desk."""
        with cls.at(browser, url, **({"locale": "zh-CN"} | window)) as agent:
            agent.sign_in(login)
            agent.opens_desk()
            yield agent

    def opens_desk(self) -> None:
        """Open the desk; the microphone's sound stays as it is, for tests that measure it."""
        self.open("/desk?processing=off")

    def second_window(self) -> "AgentPhone":
        """Open the desk in one more window of the same browser."""
        other = AgentPhone(self.page.context.new_page(), self.url)
        other.opens_desk()
        return other

    def phone_is(self, state: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until her telephone is `offline`, `idle`, `ringing` or `talking`."""
        expect(self.page.locator("#desk")).to_have_attribute("data-phone", state, timeout=1000 * seconds)

    def becomes(self, status: str) -> None:
        """Choose a status: `available`, `away` or `offline`."""
        self.page.click(f"[name=status][value={status}]")
        expect(self.page.locator(f"[value={status}]")).to_have_attribute("aria-pressed", "true")
        self.phone_is("offline" if status == "offline" else "idle")

    def rings(self) -> None:
        """Wait for a caller who has heard the menu."""
        self.phone_is("ringing", MENU_SECONDS)

    def answers(self) -> None:
        """Wait for the ring and answer it."""
        self.rings()
        self.press("a")
        self.phone_is("talking")

    def hangs_up(self) -> None:
        """Hang up, or decline what rings."""
        self.press("h")
        self.phone_is("idle")

    def hands_on(self, how: str) -> None:
        """Hand the caller on by keyboard alone: T, the colleague, the reason, the button (`consult` or `blind`)."""
        self.press("t")
        expect(self.page.locator("#transfer-to")).to_be_focused()
        self.press("w")  # the colleague is found by the first letter of her name, or by the arrow
        self.page.locator("#transfer-to").select_option(index=0)
        self.press("Tab")
        self.page.keyboard.type("asks for a bed")
        self.press("Tab", *() if how == "consult" else ("Tab",), "Enter")

    def card_says(self, text: str) -> None:
        """Wait until the card of the call says so."""
        expect(self.page.locator("#card")).to_contain_text(text)
