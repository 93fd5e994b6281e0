"""Nothing new happens, nothing fails: all webhooks arrive, routers and sweep do their work, time passes."""

from dataclasses import replace

from hotline import clock
from tests.simulation.interleave import callers
from tests.simulation.interleave.world import World

ASIDE_SECONDS, REST_SECONDS = 125, 5  # longer than any agent is set aside, in steps that leave no document waiting
MOST_DIALOGUES, MOST_PASSES = 20, 12


def settle(world: World) -> None:
    """Let everything come to its end that has begun."""
    faults, world.is_calm = world.exchange.faults, True
    world.exchange.faults = replace(faults, down=0, lost=0, doubled=0)
    for turn in range(16):
        _pass_quietly(world, 3)
        world.route()
        if turn % 8 == 7:
            callers.hear_anew(world.exchange)
        if turn % 4 == 3:
            callers.fall_silent(world.exchange)
            world.look_again()
            world.work()
    for _ in range(MOST_DIALOGUES):  # until whoever hears or says something is done with it
        if not any(callers.is_busy(line) for line in world.exchange.lines.values()):
            break
        callers.fall_silent(world.exchange)
        for _ in range(5):
            _pass_quietly(world, 1)
        world.route()
    world.look_again()
    world.work()
    for _ in range(MOST_PASSES):  # until the leader has nothing more to ask, at this very moment
        _deliver_all(world)
        world.route()
        if world.is_clean and not world.exchange.mail:
            break
    world.exchange.faults, world.is_calm, world.is_clean = faults, False, False
    world.trace.append(f"{clock.now():%H:%M:%S} settled")


def rest(world: World) -> None:
    """Enough time for everyone to be back, and the lines that have ended are forgotten."""
    for _ in range(ASIDE_SECONDS // REST_SECONDS):
        _pass_quietly(world, REST_SECONDS)
    world.exchange.forget_ended()


def _pass_quietly(world: World, seconds: float) -> None:
    world.exchange.loop.pass_time(seconds)
    _deliver_all(world)


def _deliver_all(world: World) -> None:
    while world.exchange.mail:
        world.deliver()
