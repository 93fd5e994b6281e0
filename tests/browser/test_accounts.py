"""Passwords in a real browser: changed by their owner, reset by an administrator, chosen at the first sign-in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Server
from tests.support.morning import PASSWORD, Morning
from tests.support.person import Person

NEW = "seven quiet rivers"
PHONE = {"width": 390, "height": 844}
PATHS = ("/account", "/users", "/agents")


@pytest.fixture
def administrator(chromium: Browser, server: Server) -> Iterator[Person]:
    """The administrator, with a browser of their own."""
    with Person.at(chromium, server.url) as someone:
        someone.sign_in("administrator")
        yield someone
        someone.saw_no_faults()


def door(someone: Person, login: str, password: str) -> None:
    """Sign in, wherever that leads."""
    someone.open("/sign-in")
    someone.page.fill("[name=login]", login)
    someone.page.fill("[name=password]", password)
    someone.page.click(".door button.main")


def choose(someone: Person, old: str, new: str, again: str) -> None:
    """Fill in the form for another password and send it, by keyboard alone."""
    page = someone.page
    page.locator("[name=old]").focus()
    for text in (old, new, again):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def test_an_owner_changes_the_password_by_keyboard_and_is_told_what_is_wrong(person: Person) -> None:
    person.expects_faults = True  # the browser tells of the refused forms
    person.sign_in()
    person.page.click("a.me")
    person.sees("h1", "我的账号")
    choose(person, PASSWORD, "1qaz2wsx3edc", "1qaz2wsx3edc")
    person.sees("[role=alert]", "容易被猜到")
    expect(person.page.locator("[name=password]")).to_be_focused()
    choose(person, PASSWORD, NEW, NEW + "!")
    person.sees("[role=alert]", "不一致")
    expect(person.page.locator("[name=again]")).to_be_focused()
    choose(person, "not this one", NEW, NEW)
    person.sees("[role=alert]", "当前密码不正确")
    expect(person.page.locator("[name=old]")).to_be_focused()
    choose(person, PASSWORD, NEW, NEW)
    person.sees("[role=status]", "密码已修改")
    person.page.click("text=退出")
    door(person, "supervisor", NEW)
    person.sees("#floor")


def test_a_reset_leads_from_the_shown_password_over_a_choice_to_the_floor(
    person: Person, administrator: Person, made: Morning
) -> None:
    assert made.agents
    person.sign_in("agent")
    page = administrator.page
    administrator.open("/users")
    page.click("tr:has-text('王芳') a:has-text('编辑')")
    person.expects_faults = True  # their page asks on, and the browser tells that it is refused
    page.click("button:has-text('重置密码')")
    secret = page.locator("#one-time").inner_text()
    assert secret not in page.url
    administrator.open("/users")
    administrator.sees("tr:has-text('王芳') .badge", "一次性密码")
    person.sees(".door")  # their page leaves by itself
    door(person, "agent", secret)
    person.sees("h1", "设置您自己的密码")
    expect(person.page.locator("nav")).to_have_count(0)
    person.open("/desk")
    person.sees("h1", "设置您自己的密码")
    choose(person, secret, NEW, NEW)
    person.sees("[role=status]", "密码已修改")
    person.open("/calls")
    person.sees("h1", "通话")


def test_an_administrator_edits_a_user_and_an_agent(administrator: Person) -> None:
    page = administrator.page
    administrator.open("/users")
    page.click("tr:has-text('周敏') a:has-text('编辑')")
    page.fill("[name=name]", "周敏（主管）")
    page.select_option("[name=agent_id]", label="N02 李敏")
    page.click("button:has-text('保存')")
    administrator.sees("[role=status]", "已保存")
    administrator.sees("tr:has-text('周敏（主管）') td", "N02 李敏")
    page.click("a.button:has-text('坐席')")
    page.click("tr:has-text('陈静') a:has-text('编辑')")
    page.get_by_label("预约挂号").select_option("4")
    page.fill("[name=name]", "陈静怡")
    page.click("button:has-text('保存')")
    administrator.sees("tr:has-text('陈静怡') .badge", "预约挂号 4")


def test_what_cannot_be_names_its_field(administrator: Person) -> None:
    administrator.expects_faults = True
    page = administrator.page
    administrator.open("/users")
    page.click("tr:has-text('林立') a:has-text('编辑')")
    page.select_option("[name=role]", "agent")
    page.click("button:has-text('保存')")
    administrator.sees("[role=alert]", "不能取消自己的管理员角色")
    expect(page.locator("[name=role]")).to_be_focused()
    page.select_option("[name=role]", "administrator")
    page.select_option("[name=agent_id]", label="N01 王芳")
    page.click("button:has-text('保存')")
    administrator.sees("[role=alert]", "对应坐席：该坐席已有账号")
    expect(page.locator("[name=agent_id]")).to_be_focused()


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_the_pages_of_accounts_fit_a_phone_and_a_screen(
    chromium: Browser, server: Server, made: Morning, locale: str
) -> None:
    for viewport in (PHONE, {"width": 1280, "height": 800}):
        with Person.at(chromium, server.url, viewport=viewport, locale=locale) as someone:
            someone.sign_in("administrator")
            someone.page.click(f".languages [value={locale}]")
            one = made.agents["N01"].id
            for path in (*PATHS, f"/agents/{one}"):
                someone.open(path)
                someone.sees("h1")
                assert someone.width() == viewport["width"], path
            someone.open("/users")
            someone.page.locator(".users .acts a").first.click()
            someone.sees("h1")
            assert someone.width() == viewport["width"]
            someone.saw_no_faults()
