"""What templates see: the facts as a tree, and which run each part of the tree is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reportgen.errors import nearest
from reportgen.facts.derive import label_runs
from reportgen.facts.fact import Fact, FactTree, build_tree
from reportgen.records import Evaluation, RunId, RunRecord
from reportgen.report.labels import Labels, load_labels
from reportgen.spec.study import Study


class ViewError(Exception):
    """A template gives a function what is no run or no horizon; its place is added later."""


class View:
    """A study's facts and records, bound together.

    A *run* is the tree of an experiment or of one of its trials; a *horizon* is
    a run's ``h10`` and the like.
    """

    def __init__(
        self, study: Study, records: Mapping[RunId, RunRecord], facts: Iterable[Fact]
    ) -> None:
        self.study = study
        self.tree = build_tree(facts)
        self._runs: dict[int, tuple[str, RunRecord]] = {}
        self._horizons: dict[int, tuple[str, RunRecord, Evaluation]] = {}
        self._labels: dict[str, dict[RunId, str]] = {name: {} for name in study.experiments}
        for run_id, label in label_runs(study.runs).items():
            self._labels[run_id.experiment][run_id] = label
            self._bind(label, records[run_id])
        datasets = {name: spec.dataset.name for name, spec in study.experiments.items()}
        by_dataset = {name: load_labels(study.templates, name) for name in set(datasets.values())}
        self.labels: dict[str, Labels] = {name: by_dataset[of] for name, of in datasets.items()}

    def _bind(self, label: str, record: RunRecord) -> None:
        """Note which run a tree is about, and its horizons."""
        tree = self._find(label)
        self._runs[id(tree)] = (label, record)
        for evaluation in record.result.evaluations:
            horizon = _subtree(tree, f"h{evaluation.horizon}")
            self._horizons[id(horizon)] = (label, record, evaluation)

    def _find(self, label: str) -> FactTree:
        """Return the tree of a run by its label."""
        return self.below(self.tree, label)

    # ── what templates call ─────────────────────────────────────────────────

    def experiments(self) -> tuple[FactTree, ...]:
        """Return every experiment of the report, in its order."""
        return tuple(_subtree(self.tree, name) for name in self.study.experiments)

    def title(self, run: FactTree) -> str:
        """Return the title of a run's experiment."""
        return self.study.experiments[self.name(run).split(".")[0]].title

    def trials(self, run: FactTree) -> tuple[FactTree, ...]:
        """Return the trials of an experiment, in the order of its file."""
        sweep = self.study.experiments[self.experiment(run)].sweep
        return tuple(_subtree(run, trial.name) for trial in sweep)

    def runs(self, run: FactTree) -> tuple[FactTree, ...]:
        """Return all runs of an experiment: its own, then its trials', each with every seed."""
        labels = self._labels[self.experiment(run)]
        return tuple(self._find(label) for label in labels.values())

    def seeds(self, run: FactTree) -> tuple[FactTree, ...]:
        """Return the runs of an experiment or of a trial with each of its seeds, in order."""
        own = self.record(run).result.id
        labels = self._labels[own.experiment]
        return tuple(self._find(label) for id, label in labels.items() if id.trial == own.trial)

    def is_trial(self, run: FactTree) -> bool:
        """Whether a run is one of a trial."""
        return bool(self.record(run).result.trial)

    def trial_name(self, run: FactTree) -> str:
        """Return the name of a trial in the experiment file; of an experiment, its own."""
        result = self.record(run).result
        return result.trial or result.experiment

    def trial_title(self, run: FactTree) -> str:
        """Return what the report calls a trial: its title, or else its name without underscores."""
        name, trial = self.name(run).split(".")[0], self.trial_name(run)
        titles = {each.name: each.title for each in self.study.experiments[name].sweep}
        return titles.get(trial) or trial.replace("_", " ")

    def horizons(self, run: FactTree) -> tuple[FactTree, ...]:
        """Return the horizons of a run, the shortest first."""
        evaluations = self.record(run).result.evaluations
        return tuple(_subtree(run, f"h{evaluation.horizon}") for evaluation in evaluations)

    def splits(self, run: FactTree) -> tuple[str, ...]:
        """Return the names of the splits of a run's data, in order."""
        return tuple(split.name for split in self.record(run).result.data.splits)

    def classes(self, tree: FactTree) -> tuple[Fact, ...]:
        """Return the classes of a run's data, as facts, in order."""
        run = _subtree(self.tree, self.name(tree).split(".")[0])
        data = _subtree(run, "data")
        return tuple(fact for fact in _subtree(data, "classes") if isinstance(fact, Fact))

    def has_thumbnails(self, tree: FactTree) -> bool:
        """Whether pictures of a run's samples, or of a horizon's errors, may be drawn.

        There are none where the licence of the data forbids it, and none of errors
        where there are no errors.
        """
        if id(tree) in self._horizons:
            return any(error.thumbnail for error in self.evaluation(tree).errors)
        return bool(self.record(tree).result.data.samples)

    def filtered_classes(self, run: FactTree) -> tuple[Fact, ...]:
        """Return the class of each image that a run keeps after the filters of a layer.

        There are none where the experiment asks for none or the licence forbids it.
        """
        bank, names = self.record(run).result.filters, self.classes(run)
        return tuple(names[image.label] for image in bank.images) if bank else ()

    def group_label(self, tree: FactTree, group: str, form: str = "plural") -> str:
        """Return the Spanish name of a group of classes, in some form (see `Labels.form`)."""
        return self.labels[self.name(tree).split(".")[0]].form(group, form)

    def licence(self, tree: FactTree) -> Fact:
        """Return the licence of a run's or a horizon's data, as a fact."""
        run = _subtree(self.tree, self.name(tree).split(".")[0])
        found = _subtree(run, "data")["licence"]
        assert isinstance(found, Fact)
        return found

    # ── what this package calls ─────────────────────────────────────────────

    def name(self, tree: FactTree) -> str:
        """Return the label of the run that a run's or a horizon's tree is about."""
        for bound in (self._runs.get(id(tree)), self._horizons.get(id(tree))):
            if bound is not None:
                return bound[0]
        msg = f"expected a run, such as {next(iter(self._runs.values()))[0]}, got {tree!r}"
        raise ViewError(msg)

    def experiment(self, run: FactTree) -> str:
        """Return the name of the experiment that a tree is about.

        Raises
        ------
        ViewError
            If it is about a trial, or none.
        """
        name = self.name(run)
        if name not in self.study.experiments:
            msg = f"{name} is no experiment; {nearest(name, list(self.study.experiments))}"
            raise ViewError(msg)
        return name

    def record(self, tree: FactTree) -> RunRecord:
        """Return the record of a run or a horizon."""
        bound = self._runs.get(id(tree)) or self._horizons.get(id(tree))
        if bound is None:
            self.name(tree)
        assert bound is not None
        return bound[1]

    def evaluation(self, horizon: FactTree) -> Evaluation:
        """Return the evaluation that a horizon's tree is about.

        Raises
        ------
        ViewError
            If it is no horizon.
        """
        if id(horizon) not in self._horizons:
            known = next(iter(self._horizons.values()))
            msg = f"expected a horizon, such as {known[0]}.h{known[2].horizon}, got {horizon!r}"
            raise ViewError(msg)
        return self._horizons[id(horizon)][2]

    def children(self, tree: FactTree, name: str) -> tuple[FactTree, ...]:
        """Return the groups of facts below a name."""
        return tuple(child for child in _subtree(tree, name) if isinstance(child, FactTree))

    def below(self, tree: FactTree, path: str) -> FactTree:
        """Return the group of facts at a dotted path below a tree."""
        for part in path.split("."):
            tree = _subtree(tree, part)
        return tree

    def number(self, tree: FactTree, path: str) -> float:
        """Return the value of the numeric fact at a dotted path below a tree."""
        *groups, name = path.split(".")
        fact = self.below(tree, ".".join(groups))[name] if groups else tree[name]
        assert isinstance(fact, Fact)
        assert isinstance(fact.value, int | float)
        return fact.value

    def class_names(self, tree: FactTree) -> tuple[str, ...]:
        """Return the Spanish names of a run's classes."""
        labels = self.labels[self.name(tree).split(".")[0]]
        return tuple(labels.form(name) for name in self.record(tree).result.data.classes)


def _subtree(tree: FactTree, name: str) -> FactTree:
    child = tree[name]
    assert isinstance(child, FactTree)
    return child
