"""Everything of ours has failed: the database is away."""

from hotline.models import Row
from tests.integration.replay.stage import Stage
from tests.integration.replay.tape import TapedCaller


def kept_until_it_is_over(stage: Stage) -> None:
    caller, waiting = stage.at_menu(), stage.in_queue("+8613800000002")
    Row.metadata.drop_all(stage.context.database.engine)
    caller.press("1")
    caller.goes_on()
    for seconds in (5, 28, 40, 600):
        stage.travel.shift(seconds)
        caller.ask(_next(caller))
    waiting.waits()
    stage.travel.shift(70)
    waiting.goes_on()
    new = stage.caller("+8613800000003")
    new.call()
    new.hang_up()
    new.ask("/voice/callbacks/x/1/answer")
    new.ask("/voice/offers/x/answer")
    new.ask("/voice/offers/x/done")
    new.ask("/voice/campaigns/attempts/x/answer")
    new.ask("/voice/fallback", DialCallStatus="completed")


def _next(caller: TapedCaller) -> str:
    here = caller.here
    return here.text_of("Redirect") if "Redirect" in here.verbs else "/voice/fallback?since=0"


ALL = (kept_until_it_is_over,)
