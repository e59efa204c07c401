"""The short form of the kill campaign: builds killed in every stage end as if nothing had been."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).resolve().parent.parent / "benchmarks" / "kill_campaign.py"


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, and reads /proc")
@pytest.mark.parametrize("how", [[], ["--interrupt"]], ids=["kill", "interrupt"])
def test_killed_in_every_stage(tmp_path: Path, how: list[str]) -> None:
    out = tmp_path / "campaign"
    done = subprocess.run(
        [
            *(sys.executable, str(CAMPAIGN), "--kills", "11", "--per-round", "11"),
            *("--seed", "3", "--no-notebooks", "--out", str(out), *how),
        ],
        env=os.environ | {"PYTHONPATH": str(CAMPAIGN.parent.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=570,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert sum(found["fell"].values()) == 11
    assert len(found["fell"]) >= 6  # a busy machine strikes later than it aims
    assert found["faults"] == []
