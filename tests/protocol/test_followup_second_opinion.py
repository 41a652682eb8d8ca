"""The due list against a plain loop written from the page of methods, whatever the cohort."""

import datetime as dt
import runpy
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyphort.clinical import (
    Cohort,
    LossToFollowUp,
    TrialMembership,
    Withdrawal,
    WithdrawalForm,
)
from kyphort.exchange.csv_set import read_csv_set
from kyphort.protocol import (
    Anchor,
    FollowUpProtocol,
    available_protocols,
    due_list,
    load_protocol,
)
from kyphort.published import dataset_folder

HERE = Path(__file__)
LOOP = runpy.run_path(str(HERE.parents[2] / "benchmarks" / "followup" / "loop.py"))
SPREAD = runpy.run_path(str(HERE.parent / "test_followup_properties.py"))

SHIPPED = [load_protocol(name) for name in available_protocols()]
RANDOMISED = [
    replace(
        one,
        trial="T",
        visits=tuple(replace(visit, anchor=Anchor.RANDOMISATION) for visit in one.visits),
    )
    for one in SHIPPED
]
MIXED = replace(
    SHIPPED[0],
    visits=(
        SHIPPED[0].visits[0],
        replace(SHIPPED[0].visits[1], anchor=Anchor.RANDOMISATION),
        SHIPPED[0].visits[2],
    ),
)


@st.composite
def people_who_leave(draw: st.DrawFn) -> Cohort:
    """Draw a cohort in which some withdraw, are lost, or were randomised."""
    everybody: Cohort = draw(SPREAD["people"]())
    within = st.dates(SPREAD["START"], everybody.data_cut_off)
    names = [one.patient_id for one in everybody.patients]
    forms = st.sampled_from(WithdrawalForm)
    return replace(
        everybody,
        withdrawals=tuple(
            Withdrawal(name, draw(forms), draw(within)) for name in names if draw(st.booleans())
        ),
        losses_to_follow_up=tuple(
            LossToFollowUp(name, draw(within)) for name in names if draw(st.booleans())
        ),
        trial_memberships=tuple(
            TrialMembership(name, draw(st.sampled_from("TU")), randomisation_date=draw(within))
            for name in names
            if draw(st.booleans())
        ),
    )


@given(people_who_leave(), st.sampled_from([*SHIPPED, *RANDOMISED, MIXED]), SPREAD["days"])
def test_both_ways_give_the_same_list(
    cohort: Cohort, protocol: FollowUpProtocol, as_of: dt.date
) -> None:
    agree(cohort, protocol, as_of)


@pytest.mark.parametrize("protocol", SHIPPED, ids=lambda one: one.id)
@pytest.mark.parametrize("as_of", [dt.date(2012, 2, 29), dt.date(2016, 8, 31), dt.date(2021, 1, 1)])
def test_both_ways_agree_on_the_founding_cohort(protocol: FollowUpProtocol, as_of: dt.date) -> None:
    agree(read_csv_set(dataset_folder("bludau2020")), protocol, as_of)


def agree(cohort: Cohort, protocol: FollowUpProtocol, as_of: dt.date) -> None:
    found = [
        (
            one.patient_id,
            one.procedure_date,
            one.planned.id,
            one.target_date,
            one.state.value,
            tuple(map(str, one.missing)),
        )
        for one in due_list(cohort, protocol, as_of)
    ]
    assert sorted(found) == sorted(LOOP["due_by_loop"](cohort, protocol, as_of))
