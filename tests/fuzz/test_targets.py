"""The fuzzed targets hold for their seeds and for changes of them; `make fuzz` searches longer."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, seeds

NAMES = pytest.mark.parametrize("name", TARGETS)
briefly = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


@NAMES
def test_a_target_holds_for_its_seeds(name: str) -> None:
    assert seeds(name)
    for seed in seeds(name):
        TARGETS[name].run(seed)


@NAMES
@briefly
@given(data=st.binary(max_size=300))
def test_a_target_holds_for_any_bytes(name: str, data: bytes) -> None:
    TARGETS[name].run(data)


@NAMES
@briefly
@given(data=st.data())
def test_a_target_holds_for_a_seed_that_was_cut_doubled_and_changed(
    name: str, data: st.DataObject
) -> None:
    seed = bytearray(data.draw(st.sampled_from(seeds(name))))
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(seed)))
        end = data.draw(st.integers(start, min(len(seed), start + 8)))
        seed[start:end] = data.draw(st.binary(max_size=9) | st.just(bytes(seed[start:end]) * 2))
    TARGETS[name].run(bytes(seed))
