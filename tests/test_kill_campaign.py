"""The short form of the kill campaign: builds killed in every stage end as if nothing had been."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).resolve().parent.parent / "benchmarks" / "kill_campaign.py"


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, and reads /proc")
def test_killed_and_interrupted_in_every_stage(tmp_path: Path) -> None:
    out = tmp_path / "campaign"
    done = subprocess.run(
        [
            *(sys.executable, str(CAMPAIGN), "--kills", "22", "--per-round", "11", "--both"),
            *("--seed", "3", "--no-notebooks", "--out", str(out)),
        ],
        env=os.environ | {"PYTHONPATH": str(CAMPAIGN.parent.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=1100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    fell, interrupted = Counter(found["fell"]), Counter(found["interrupted"])
    assert fell.total() == 22
    assert min(len(interrupted), len(fell - interrupted)) >= 6  # a busy machine strikes late
    assert found["faults"] == []
