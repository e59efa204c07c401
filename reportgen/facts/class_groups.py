"""Facts on groups of classes that belong together: how many errors stay inside a group.

The groups are those of the experiment file; `group_errors` has the rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from reportgen.errors import Fault, SpecError
from reportgen.facts.fact import Definition, Fact, Source, Unit, define
from reportgen.facts.group_errors import (
    GroupErrors,
    Groups,
    count_inside,
    find_members,
    group_matrix,
    part_of,
)
from reportgen.facts.maps import SPACES, find_space, in_spaces, mixed_pairs
from reportgen.project import EXPERIMENTS
from reportgen.records import Evaluation, LayerMap, RunId, RunRecord
from reportgen.spec.study import Study

CLASSES = define("{run}.groups.{g}.classes", "count", "Classes of the group.")

GROUP_FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("n", "count", "Evaluated samples whose true class lies in the group."),
    ("errors", "count", "Those of the group's samples that are misclassified."),
    ("inside", "count", "Errors that are taken for another class of the same group."),
    ("outside", "count", "Errors that are taken for a class out of the group."),
    ("recall", "fraction", "Share of the group's samples classified right; none without samples."),
    ("inside_share", "fraction", "Share of its errors that stay inside; none without errors."),
)
GROUP: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.h{{h}}.groups.{{g}}.{field}", unit, meaning), field)
    for field, unit, meaning in GROUP_FIELDS
)
BETWEEN = define(
    "{run}.h{h}.groups_between.{g}.{other}.count",
    "count",
    "Errors of samples of the first group that are taken for a class of the other.",
)
BETWEEN_SHARE = define(
    "{run}.h{h}.groups_between.{g}.{other}.share",
    "fraction",
    "Those errors, as a share of all errors of grouped classes; none without errors.",
)

INSIDE_FIELDS: tuple[tuple[str, Unit, str], ...] = (
    ("errors", "count", "Errors of samples whose class is in any group."),
    ("count", "count", "How many of these errors stay inside the true class's group."),
    ("outside", "count", "How many of these errors leave the true class's group."),
    ("share", "fraction", "Share of errors that stay inside their group; none without errors."),
    ("outside_share", "fraction", "Share of errors that leave their group; none without errors."),
    ("expected", "fraction", "Share inside if errors fell evenly on classes; none without errors."),
    ("p", "ratio", "Exact p-value that so many or more stay inside by chance."),
    ("more_than_chance", "bool", "Whether more stay inside than by chance, at the 5 % level."),
)
INSIDE: tuple[tuple[Definition, str], ...] = tuple(
    (define(f"{{run}}.h{{h}}.groups_inside.{field}", unit, meaning), field)
    for field, unit, meaning in INSIDE_FIELDS
)
SAME_GROUP = in_spaces(
    "mixed.{k}.same_group", "bool", "Whether both classes of that pair are in one group"
)


def check_class_groups(study: Study, records: Mapping[RunId, RunRecord]) -> None:
    """Refuse groups that name a class which the data do not have.

    Raises
    ------
    SpecError
        With all such names of all experiments.
    """
    faults = [
        Fault(f"{EXPERIMENTS}/{study.name}/{run.id.experiment}.yaml", 0, 0, message)
        for run in study.runs
        for message in run.spec.dataset.stray_classes(records[run.id].result.data.classes)
    ]
    if faults:
        raise SpecError(faults=dict.fromkeys(faults))


def group_facts(run: str, groups: Groups, key: str) -> Iterator[Fact]:
    """Yield the sizes of the groups of classes; nothing where none are declared."""
    for name, members in groups.items():
        source = Source(key, f"spec.dataset.class_groups.{name}")
        yield CLASSES(len(members), source, run=run, g=name)


def group_error_facts(
    run: str, record: RunRecord, groups: Groups, evaluation: Evaluation, key: str
) -> Iterator[Fact]:
    """Yield the errors of a checkpoint inside and between groups of classes, if there are any."""
    if not groups:
        return
    h, n = evaluation.horizon, len(groups)
    source = Source(key, f"evaluations[h={h}].confusion")
    members = find_members(groups, record.result.data.classes)
    matrix = group_matrix(evaluation.confusion, members, n)
    samples = np.array(evaluation.confusion).sum(axis=1)
    total = int(matrix.sum())
    for i, name in enumerate(groups):
        found = GroupErrors(
            n=int(samples[members == i].sum()),
            errors=int(matrix[i].sum()),
            inside=int(matrix[i, i]),
        )
        for kind, field in GROUP:
            yield kind(getattr(found, field), source, run=run, h=h, g=name)
        for j, other in enumerate(groups):
            if i != j:
                names: dict[str, object] = {"run": run, "h": h, "g": name, "other": other}
                yield BETWEEN(int(matrix[i, j]), source, **names)
                yield BETWEEN_SHARE(part_of(int(matrix[i, j]), total), source, **names)
    inside = count_inside(
        record.arrays["labels"],
        record.arrays[f"h{h}.predictions"],
        members,
        n,
        record.arrays.get("groups"),
    )
    for kind, field in INSIDE:
        yield kind(getattr(inside, field), source, run=run, h=h)


def group_map_facts(
    run: str, record: RunRecord, groups: Groups, layer_map: LayerMap, key: str
) -> Iterator[Fact]:
    """Yield whether the most mixed pairs of a map are of one group, if there are groups."""
    if not groups:
        return
    h, alias = layer_map.horizon, layer_map.alias
    members = find_members(groups, record.result.data.classes)
    source = Source(key, f"maps[h={h},{alias}]")
    for space in SPACES:
        mixing = find_space(layer_map, space)[0].mixing
        for k, (_, a, b) in enumerate(mixed_pairs(mixing)[:3], start=1):
            same = bool(members[a] == members[b] < len(groups))
            yield SAME_GROUP[space](same, source, run=run, h=h, layer=alias, k=k)
