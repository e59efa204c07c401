"""What happens to a stage, by table."""

import pytest

from reportgen.plan.decision import decide_stage, decide_training


@pytest.mark.parametrize(
    ("wanted", "done", "ended", "action"),
    [
        (10, 0, False, "run"),
        (10, 4, False, "resume"),
        (10, 10, False, "reuse"),
        (10, 20, False, "reuse"),  # epochs lowered: the first ten are read
        (20, 10, False, "resume"),  # epochs raised
        (10, 4, True, "reuse"),  # diverged: it will not get further
    ],
)
def test_training(wanted, done, ended, action):
    assert decide_training(wanted, done, ended).action == action


def test_other_stages_are_all_or_nothing():
    assert decide_stage("embed", present=True).action == "reuse"
    assert decide_stage("embed", present=False).action == "run"
