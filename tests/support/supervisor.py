"""A supervisor at her pages: watches the floor, listens to a call, scores it, rules on an appeal."""

from playwright.sync_api import expect

from tests.support.person import Person


class Supervisor(Person):
    """A supervisor's pages."""

    def tile(self, staff_number: str) -> str:
        """What the floor says of an agent."""
        return self.page.locator(".person", has_text=staff_number).inner_text()

    def opens_call(self, call_id: str) -> None:
        """Open a call and wait until its sound can be heard."""
        self.open(f"/calls/{call_id}")
        self.sound_is_there()

    def opens_review(self, review_id: str) -> None:
        """Open a review."""
        self.open(f"/reviews/{review_id}")

    def sound_is_there(self) -> None:
        """Wait until the sound can be heard."""
        self.page.wait_for_function("document.querySelector('audio').readyState >= 2")

    def plays(self) -> None:
        """Begin to listen."""
        self.page.click(".play")
        self.is_listening()

    def is_listening(self, is_so: bool = True) -> None:
        """Wait until the sound runs, or stands."""
        expect(self.page.locator(".play")).to_have_attribute("aria-pressed", str(is_so).lower())

    def scores_by_keyboard(self, comment: str) -> None:
        """From the list to what is published, without a mouse: every open item, a comment, the end."""
        page = self.page
        self.open("/reviews")
        page.locator(".review-list tbody a").first.focus()
        self.press("Enter")
        expect(page.locator(".begin button")).to_be_focused()
        self.press("Enter")
        expect(page.locator(".item.is-now")).to_have_attribute("data-item", "forbidden")  # the first that is open
        while self._open_items():
            answer = "2" if page.locator(".item.is-now").get_attribute("data-item") == "forbidden" else "1"
            self.press(answer)
            self._goes_to_open_item()
        self.press("c")
        page.keyboard.type(comment)
        self.press("Control+Enter")
        expect(page.locator(".comments p")).to_have_text(comment)
        expect(page.locator("#saved")).to_contain_text("已保存")
        self.press("Control+Enter")
        expect(page.locator(".heading .badge.big").first).to_have_text("已发布")

    def rules(self, item: str, why: str) -> None:
        """Correct one answer of the appeal that waits, and say why."""
        self.open("/reviews?tab=appeals")
        self.page.click(".review-list tbody a")
        self.page.locator(f"#ruling [data-item={item}] span", has_text="是").click()
        self.page.fill("#ruling [name=answer]", why)
        self.page.click("#ruling button[value=changed]")
        self.sees(".appeal", "申诉前")
        expect(self.page.locator(".heading .badge.big").first).to_have_text("申诉后改分")

    def _open_items(self) -> int:
        return self.page.locator("#scorecard .item.is-open").count()

    def _goes_to_open_item(self) -> None:
        """Move on with the keyboard to the next item without an answer."""
        for _ in range(self.page.locator(".item").count()):
            if not self._open_items() or self.page.locator(".item.is-now.is-open").count():
                return
            self.press("j")
