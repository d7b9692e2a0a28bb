"""What is published below province level tells nobody's figure, not even by subtraction."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from public_portal.rules import SMALLEST_SHOWN, suppress_small_counts

counts = st.lists(st.integers(0, 8), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([9, 0, 7], [9, 0, 7]),
        ([9, 3, 7], [9, None, None]),  # the smallest other one goes too
        ([2, 3, 7], [None, None, 7]),
        ([1, 1, 7, 9], [None, None, None, 9]),  # a sum of 2 in two gaps is 1 and 1
        ([4, 4, 7, 9], [None, None, None, 9]),  # nor may it be 4 and 4
        ([3, 0, 0], [None, 0, 0]),  # the province's own figure
    ],
)
def test_small_counts_go_and_others_with_them_until_nothing_can_be_computed(counts, shown):
    assert suppress_small_counts(counts) == shown


@settings(max_examples=80, deadline=None)
@given(counts)
def test_no_gap_can_be_computed_from_the_sum_and_the_rule(counts):
    """Whoever knows the rule, the province's total and all that is shown finds more than one
    number for each gap; where all are small, nothing else is left to hide."""
    shown = suppress_small_counts(counts)
    gaps = [place for place, kept in enumerate(shown) if kept is None]
    assert all(not 0 < kept < SMALLEST_SHOWN for kept in shown if kept is not None)
    if len(gaps) < 2 or max(counts) < SMALLEST_SHOWN:
        return
    left = sum(counts[place] for place in gaps)
    possible = [set() for _ in gaps]
    for guess in product(range(1, left + 1), repeat=len(gaps)):
        if sum(guess) != left:
            continue
        world = list(counts)
        for place, value in zip(gaps, guess, strict=True):
            world[place] = value
        if suppress_small_counts(world) == shown:
            for values, value in zip(possible, guess, strict=True):
                values.add(value)
    assert all(len(values) > 1 for values in possible), possible
