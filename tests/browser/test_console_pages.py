"""The staff pages in a real browser: signing in, calls and their sound, the live floor, languages, keys, phones."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from accounts.users import queries as user_queries
from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, Call, QueueEntry
from hotline.outbox import call_log, transitions
from hotline.values.call_events import CallChecked, CallEnded, PersonRequested
from hotline.values.intent import Intent
from hotline.values.states.agent import AgentStateEvent
from hotline.values.states.call import CallEvent, CallOutcome, CallStatus
from hotline.values.states.queue_entry import QueueEntryState
from tests.browser.conftest import Server
from tests.support.morning import Morning, a_call, a_waiting
from tests.support.person import Person
from tests.support.supervisor import Supervisor

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def supervisor(chromium: Browser, server: Server) -> Iterator[Supervisor]:
    """A supervisor in front of a wide screen."""
    with Supervisor.at(chromium, server.url) as someone:
        yield someone
        someone.saw_no_faults()


def test_a_supervisor_signs_in_finds_a_call_and_reads_it(person: Person, made: Morning) -> None:
    person.sign_in()
    person.page.click("nav >> text=通话")
    person.page.select_option("[name=day]", "all")  # the morning may lie before midnight
    person.page.select_option("[name=outcome]", "answered")
    expect(person.page.locator("tbody tr")).to_have_count(1)
    person.page.click("tbody a")
    person.sees("h1", "****")
    assert person.page.url.endswith(made.calls["answered"].id)
    expect(person.page.locator(".dialogue .said")).to_have_count(4)
    person.sees(".drawing .bar-offer-answered")
    person.sees(".whys li", "第 2 声起加入")
    person.sees(".checks .badge", "合格")
    bars = person.page.locator(".drawing rect.bar").all()
    told = [float((bar.get_attribute("width") or "").rstrip("%")) for bar in bars]
    drawn = [(bar.bounding_box() or {"width": 0.0})["width"] for bar in bars]
    assert drawn == pytest.approx([share * max(drawn) / max(told) for share in told], abs=2), (
        "bars as long as they lasted"
    )


def test_the_transcript_follows_the_sound_and_leads_to_any_place_in_it(supervisor: Supervisor, made: Morning) -> None:
    supervisor.sign_in()
    supervisor.opens_call(made.calls["answered"].id)
    page = supervisor.page
    page.locator(".speed select").select_option("2")
    page.click(".play")
    expect(page.locator(".said").nth(0)).to_have_attribute("aria-current", "true")
    expect(page.locator(".said").nth(1)).to_have_attribute("aria-current", "true")
    expect(page.locator(".said[aria-current]")).to_have_count(1)
    page.locator(".said button").nth(3).click()
    expect(page.locator(".said").nth(3)).to_have_attribute("aria-current", "true")
    assert page.evaluate("document.querySelector('audio').currentTime") >= 9.0
    supervisor.is_listening(False)  # the sound has ended
    assert page.evaluate("document.querySelector('audio').duration") == pytest.approx(12, abs=0.1)


def test_each_side_can_be_heard_alone(supervisor: Supervisor, made: Morning) -> None:
    supervisor.sign_in()
    supervisor.opens_call(made.calls["answered"].id)
    supervisor.plays()
    page = supervisor.page
    page.locator(".choice span", has_text="坐席").click()
    expect(page.locator(".choice input[value=agent]")).to_be_checked()
    page.click(".play")
    supervisor.is_listening(False)


def test_both_channels_are_drawn(person: Person, made: Morning) -> None:
    person.sign_in()
    person.open(f"/calls/{made.calls['answered'].id}")
    drawn = """() => [...document.querySelectorAll('canvas')].map((canvas) =>
        canvas.toDataURL() !== Object.assign(document.createElement('canvas'),
            {width: canvas.width, height: canvas.height}).toDataURL())"""
    person.page.wait_for_function(f"({drawn})().every(Boolean)")
    assert person.page.evaluate(drawn) == [True, True]


def test_the_floor_shows_a_new_caller_and_an_agents_state_without_reloading(
    person: Person, context: AppContext, made: Morning
) -> None:
    person.sign_in()
    person.sees_live()
    expect(person.page.locator(".waiter")).to_have_count(2)
    person.page.evaluate("window.untouched = true")
    with context.database.write() as session:
        now = clock.now()
        call = a_call("new", now, None, status=CallStatus.WAITING, queue="booking", intent=Intent.OPINION)
        call.asked_at = now
        session.add(call)
        session.flush()
        session.add(a_waiting(call, QueueEntryState.WAITING))
        agent = session.get_one(Agent, made.agents["N05"].id)
        transitions.transition(agent, AgentStateEvent.READY_AGAIN)
        agent.state_reason = None
        call_log.record(session, context.notifier, call.id, PersonRequested(queue="booking"), now)
    expect(person.page.locator(".waiter")).to_have_count(3)
    person.sees(".waiter", "意见建议")
    expect(person.page.locator(".state-not_ready")).to_have_count(0)
    assert person.page.evaluate("window.untouched")


def test_waiting_is_counted_up_in_rings_and_turns_late_after_three(
    person: Person, context: AppContext, made: Morning
) -> None:
    with context.database.write() as session:
        waiting = session.query(QueueEntry).filter_by(call_id=made.calls["urgent"].id).one()
        waiting.asked_at = clock.now() - timedelta(seconds=4)
    person.sign_in()
    urgent = person.page.locator(".waiter", has_text="急诊护士")
    first = urgent.locator("[data-rings]").inner_text()
    expect(urgent.locator("[data-rings]")).not_to_have_text(first)
    expect(urgent).to_have_class(re.compile("is-late"))


def test_the_floor_comes_back_by_itself_after_the_server_was_away(
    person: Person, server: Server, context: AppContext, made: Morning
) -> None:
    person.sign_in()
    person.sees_live()
    person.expects_faults = True  # the browser itself notes the refused connection
    server.stop()
    expect(person.page.locator("#pulse")).to_have_attribute("data-state", "lost")
    server.start()
    person.sees_live()
    with context.database.write() as session:
        call = session.get_one(Call, made.calls["menu"].id)
        transitions.transition(call, CallEvent.ENDED)
        ended = CallEnded(outcome=CallOutcome.LEFT_IN_MENU)
        call_log.record(session, context.notifier, call.id, ended, clock.now())
    expect(person.page.locator("#floor-talks .row")).to_have_count(1)


def test_the_floor_leaves_when_the_session_has_ended(
    person: Person, server: Server, context: AppContext, made: Morning
) -> None:
    from accounts.users import service

    person.sign_in()
    person.sees_live()
    person.expects_faults = True
    server.stop()
    with context.database.write() as session:
        user = next(user for user in user_queries.all_users(session) if user.login == "supervisor")
        service.deactivate(session, user.id)
    assert made.calls
    server.start()
    expect(person.page).to_have_url(re.compile(r"/sign-in\?next="))


def test_the_language_is_switched_in_the_header_and_stays(person: Person) -> None:
    person.sign_in()
    person.sees("h1", "实时监控")
    person.page.click(".languages >> text=English")
    person.sees("h1", "Live floor")
    person.sees_live()
    person.sees(".waiter", "Booking")
    person.page.click("nav >> text=Calls")
    person.sees("h1", "Calls")
    assert person.page.locator("html").get_attribute("lang") == "en-US"


def test_everything_can_be_done_with_the_keyboard_alone(supervisor: Supervisor, made: Morning) -> None:
    person, page = supervisor, supervisor.page
    person.open("/sign-in")
    page.keyboard.type("supervisor")  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type("a long password")
    page.keyboard.press("Enter")
    person.sees("#floor")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("nav a", has_text="通话")).to_be_focused()
    page.keyboard.press("Enter")
    person.sees("h1", "通话记录")
    person.opens_call(made.calls["answered"].id)
    page.locator(".seek").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert 0.4 <= page.evaluate("document.querySelector('audio').currentTime") <= 0.6
    page.keyboard.press("Tab")
    expect(page.locator(".play")).to_be_focused()
    page.keyboard.press("Space")
    person.is_listening()
    page.locator(".said button").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".said").nth(1)).to_have_attribute("aria-current", "true")


def test_a_link_keeps_the_focus_when_the_floor_is_sent_again(
    person: Person, context: AppContext, made: Morning
) -> None:
    person.sign_in()
    person.sees_live()
    link = person.page.locator(f"#open-{made.calls['talks'].id}")
    link.focus()
    with context.database.write() as session:
        transitions.transition(session.get_one(Agent, made.agents["N04"].id), AgentStateEvent.READY_AGAIN)
        checked = CallChecked(scorecard="service", faults=[], unsure=[])
        call_log.record(session, context.notifier, made.calls["talks"].id, checked, clock.now())
    expect(person.page.locator(".state-wrap_up")).to_have_count(0)
    expect(link).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone(chromium: Browser, server: Server, made: Morning, scheme: str) -> None:
    with Person.at(chromium, server.url, viewport=PHONE, color_scheme=scheme, locale="en-US") as someone:
        someone.open("/sign-in")
        assert someone.width() == PHONE["width"]
        someone.sign_in("administrator")
        for path in ("/", "/calls?day=all", f"/calls/{made.calls['answered'].id}", "/users"):
            someone.open(path)
            assert someone.width() == PHONE["width"], path
        someone.saw_no_faults()


def test_words_spoken_by_a_caller_never_run_as_a_script(person: Person, context: AppContext, made: Morning) -> None:
    from sqlalchemy import select

    from hotline.models import Utterance

    with context.database.write() as session:
        for row in session.scalars(select(Utterance)):
            row.text = "<img src=x onerror='window.broken=1'><script>window.broken=1</script>"
    person.sign_in()
    person.open(f"/calls/{made.calls['answered'].id}")
    person.sees(".said", "<script>window.broken=1</script>")
    assert person.page.evaluate("window.broken") is None


def test_a_hundred_pages_can_watch_one_process(person: Person, server: Server, made: Morning) -> None:
    import threading
    import urllib.request

    person.sign_in()
    person.sees_live()
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in person.page.context.cookies())
    seen: list[bytes] = []

    def watch() -> None:
        request = urllib.request.Request(f"{server.url}/floor/stream", headers={"Cookie": cookie})  # noqa: S310 (ours)
        with urllib.request.urlopen(request, timeout=30) as stream:  # noqa: S310 (ours)
            for line in stream:
                if line.startswith(b"data:"):
                    seen.append(line)
                    return

    watchers = [threading.Thread(target=watch) for _ in range(100)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join(40)
    assert len(seen) == 100
    assert all(made.calls["waits"].id.encode() in line for line in seen)
    person.open("/calls")
    person.sees("h1", "通话记录")
