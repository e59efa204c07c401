"""Makes the records of runs: each stage is run as far as the store does not hold it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from reportgen.errors import RunError
from reportgen.order import Device
from reportgen.plan.decision import decide_stage
from reportgen.plan.keys import RunPlan, StageKey
from reportgen.progress import Progress
from reportgen.records import RunRecord
from reportgen.spec.study import Study
from reportgen.stages.assemble import assemble_record
from reportgen.stages.bench import Bench, DataShelf
from reportgen.stages.checkpoints import Checkpoint, chosen_epoch
from reportgen.stages.embed import embed_stage
from reportgen.stages.evaluate import evaluate_stage
from reportgen.stages.filters import filter_stage
from reportgen.stages.fit import fit_stage
from reportgen.stages.maximize import maximize_stage
from reportgen.stages.precheck import check_runs
from reportgen.stages.sources import SourceShelf
from reportgen.stages.train import train_stage
from reportgen.store.codec import encode_record, read_record
from reportgen.store.store import Store
from reportgen.training.memory import memory_errors


@dataclass(slots=True)
class Laboratory:
    """Makes run records in this process, one after another; they share one copy of their data."""

    study: Study
    store: Store
    shelf: DataShelf
    device: Device
    progress: Progress

    @classmethod
    def open(
        cls,
        study: Study,
        store: Store,
        sources: SourceShelf,
        device: Device,
        progress: Progress,
    ) -> Laboratory:
        """Return a laboratory whose data are read when they are first wanted."""
        return cls(study, store, DataShelf(sources), device, progress)

    def make_records(self, plans: Sequence[RunPlan]) -> list[RunRecord]:
        """Return the record of each run, in order.

        Raises
        ------
        ReportgenError
            Whatever a stage raises; what was finished before stays in the store.
        """
        self.prepare(plans)
        return [self.make_record(plan) for plan in plans]

    def prepare(self, plans: Sequence[RunPlan], device: Device | None = None) -> list[Bench]:
        """Return the benches of runs, all of them checked before the first one is trained.

        So a fault in the last one costs seconds, not hours. `device` is the laboratory's
        own, unless others make the runs.
        """
        benches = [Bench(plan, self.study, self.shelf) for plan in plans]
        check_runs(benches, device or self.device)
        return benches

    def make_record(self, plan: RunPlan) -> RunRecord:
        """Return the record of one run, made as far as the store does not hold it."""
        bench = Bench(plan, self.study, self.shelf)

        def waiting() -> None:
            self.progress.note(f"{plan.run.id}: another build is making it; waiting")

        with self.store.lock(plan.record, waiting):
            made_meanwhile = read_record(self.store, plan)
            if made_meanwhile is not None:
                return made_meanwhile
            self._note_data(plan.data)
            bench.start = self._start(bench)
            with memory_errors(plan.run.id, bench.spec.evaluation_batch_size):
                record = self._run_stages(bench)
            files = encode_record(record)
            self.progress.stage(plan.run.id, decide_stage("record", present=False))
            self.store.write(plan.record, files, {})
            return record

    def _start(self, bench: Bench) -> Checkpoint | None:
        """Return the checkpoint that a run starts from, trained where the store has it not.

        It is the best epoch within the last horizon, as that run reports it.
        """
        source = bench.source
        if source is None:
            return None
        source.start = self._start(source)
        journal, _ = train_stage(source, self.store, self.device, self.progress)
        if not journal.rows:
            msg = (
                f"{bench.plan.run.id}: starts from {source.plan.run.id}, which {journal.stopped} "
                "and has no epoch to start from; give that one a smaller lr"
            )
            raise RunError(msg)
        return Checkpoint(journal, chosen_epoch(journal.rows, source.spec.report_horizons[-1]))

    def _note_data(self, key: StageKey) -> None:
        """Note what a key of data is made of, so that a later build can tell what changed."""
        with self.store.lock(key):
            if self.store.read(key) is None:
                self.store.write(key, {}, {})

    def _run_stages(self, bench: Bench) -> RunRecord:
        plan, store, progress = bench.plan, self.store, self.progress
        seconds: dict[str, float] = {}
        with timed(seconds, "train"):
            learn = train_stage if bench.spec.training is not None else fit_stage
            learnt, placement = learn(bench, store, self.device, progress)
        if bench.spec.training is not None and not learnt.rows:
            # It diverged at once: that is all there is to tell.
            return assemble_record(bench, learnt, (), (), None, seconds)
        with timed(seconds, "evaluate"):
            answers = [
                evaluate_stage(bench, store, h, learnt, placement, progress) for h in plan.evaluate
            ]
        with timed(seconds, "embed"):
            maps = [embed_stage(bench, store, h, learnt, placement, progress) for h in plan.embed]
        with timed(seconds, "maximize"):
            maximized = maximize_stage(bench, store, learnt, placement, progress)
        with timed(seconds, "filters"):
            filters = filter_stage(bench, learnt, placement)
        return assemble_record(bench, learnt, answers, maps, filters, seconds, maximized)


@contextmanager
def timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Note the seconds of a block under a stage's name."""
    started = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - started
