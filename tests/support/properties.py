"""How many examples the properties meet: the same few in each `make test`, others and ten times as many at night."""

from hypothesis import HealthCheck, settings

USUAL, NIGHTLY = "usual", "nightly"
_EXAMPLES = 100


def register() -> None:
    """Register the profiles and load the usual one; `--hypothesis-profile nightly` loads the other.

    A failure prints the line that tries its example again.
    """
    shared = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile(USUAL, shared, derandomize=True, max_examples=_EXAMPLES)
    settings.register_profile(NIGHTLY, shared, derandomize=False, max_examples=10 * _EXAMPLES)
    settings.load_profile(USUAL)


def times(examples: int) -> int:
    """Return how many examples the loaded profile tries where the usual one tries `examples`."""
    return examples * settings().max_examples // _EXAMPLES


def examples(count: int) -> settings:
    """Have a property meet `count` examples in the usual profile."""
    return settings(max_examples=times(count))
