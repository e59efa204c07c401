"""What to do about each stage, and why: pure decisions, apart from doing it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Literal

from reportgen.plan.changes import Change, Fields, Noted, differences
from reportgen.plan.keys import STAGE_VERSIONS, RunPlan, StageKey
from reportgen.records import RunId

Action = Literal["run", "resume", "reuse", "refuse"]

NOTHING = "nothing in the store has this key"
HELD = "the store holds it"
FOLLOWS = "it follows the training"
MAX_FOREIGN = 4
"""Changes from another run's key above which it is no help to be told them."""
MAX_TOLD = 8
MAX_COMPARED = 20
"""Keys of other runs that are looked at, the latest."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one stage of one run, and why, in one clause.

    `refuse` is for committed records: what is stale is neither taken nor made.
    """

    stage: str
    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a store holds.

    Attributes
    ----------
    whole : frozenset of str
        Digests of the keys whose result is there, verified.
    epochs : mapping of str to (int, bool)
        By the digest of a training's key: its finished epochs, and whether it ended for good.
    noted : mapping
        Fields of all keys that the store ever had a result or a note of, and still has.
    """

    whole: frozenset[str] = frozenset()
    epochs: Mapping[str, tuple[int, bool]] = field(default_factory=dict)
    noted: Noted = field(default_factory=dict)


def decide_training(wanted: int, done: int, ended: bool) -> Decision:
    """Decide on a training.

    Parameters
    ----------
    wanted : int
        Epochs that the spec asks for.
    done : int
        Finished epochs that the store holds under this key, verified.
    ended : bool
        Whether the training ended early for good, as one that diverged does.
    """
    if done >= wanted:
        return Decision("train", "reuse", f"{done} of {wanted} epochs are in the store")
    if ended:
        return Decision("train", "reuse", f"it ended for good after epoch {done}")
    if done:
        return Decision("train", "resume", f"{done} of {wanted} epochs are in the store")
    return Decision("train", "run", NOTHING)


def decide_stage(stage: str, present: bool) -> Decision:
    """Decide on a stage whose result is all or nothing."""
    return Decision(stage, "reuse", HELD) if present else Decision(stage, "run", NOTHING)


def decide_run(plan: RunPlan, held: Held) -> tuple[Decision, ...]:
    """Decide on every stage of a run; what is to be run names what changed.

    The changes are those from the key of the same run that differs in the fewest
    fields, the latest of several; or of any run, if they are few.
    """
    stages = {"data": plan.data, "train": plan.train}
    stages |= {f"evaluate.h{h}": key for h, key in plan.evaluate.items()}
    stages |= {f"embed.h{h}": key for h, key in plan.embed.items()}
    if plan.maximize is not None:
        stages["maximize"] = plan.maximize
    stages["record"] = plan.record
    if plan.record.digest in held.whole:
        return tuple(Decision(stage, "reuse", "the store holds the record") for stage in stages)
    decided = {stage: _decide(stage, key, plan, held) for stage, key in stages.items()}
    own, known = _own_digests(plan.run.id, held.noted), _known(held.noted, plan)
    for stage, decision in decided.items():
        if decision.reason == NOTHING:
            reason = _told(stages[stage], own, held.noted, known)
            train = decided["train"]  # by now with the reason that is told
            if reason == NOTHING and train.action != "reuse" and train.reason != NOTHING:
                reason = FOLLOWS
            decided[stage] = replace(decision, reason=reason)
    return tuple(decided.values())


def _decide(stage: str, key: StageKey, plan: RunPlan, held: Held) -> Decision:
    """Decide on one stage of a run whose record is not held."""
    present = key.digest in held.whole
    if key.stage == "data":
        return _decide_data(key.digest, held)
    if plan.run.spec.training is None:
        fitted = plan.train.digest in held.whole
        if key.stage == "evaluate":
            action: Action = "reuse" if fitted else "run"
            return Decision(stage, action, "an estimator answers when it is fitted")
        return decide_stage(stage, present)
    if key.stage == "train":
        done, ended = held.epochs.get(key.digest, (0, False))
        return decide_training(plan.run.spec.epochs, done, ended)
    return decide_stage(stage, present)


def _decide_data(digest: str, held: Held) -> Decision:
    """Decide on the data: known to the store by a note, or by a training on them."""
    trained = {str(fields.get("data")) for fields in held.noted.get("train", {}).values()}
    if digest in trained or digest in held.noted.get("data", {}):
        return Decision("data", "reuse", "they are those that the store has results of")
    return Decision("data", "run", NOTHING)


def decide_notebook(name: str, key: StageKey, held: Held, stale: str = "") -> Decision:
    """Decide on an executed notebook.

    Parameters
    ----------
    name : str
        Its file.
    key : StageKey
    held : Held
    stale : str
        Why the one in the store is not of today; empty if it is, or if none is there.
    """
    if key.digest in held.whole:
        return Decision(name, "run", f"it {stale}") if stale else Decision(name, "reuse", HELD)
    runs = set(key.fields["records"])
    others = held.noted.get("notebook", {})
    alike = {digest for digest, fields in others.items() if runs & set(fields["records"])}
    return Decision(name, "run", _told(key, {"notebook": alike}, held.noted, held.noted))


def decide_locked(plan: RunPlan, then: Mapping[str, str], held: Held) -> tuple[Decision, ...]:
    """Decide on a committed record, stage by stage.

    Parameters
    ----------
    plan : RunPlan
        Of today's files with the fingerprints inside the record.
    then : mapping of str to str
        The digests of the stages' keys that the record was made under.
    held : Held
        Of a store: where it knows the record's keys, what changed is named.
    """
    known = _known(held.noted, plan)
    decided = []
    stale: list[str] = []
    for stage, digest in plan.stage_digests().items():
        if then.get(stage) == digest:
            decided.append(Decision(stage, "reuse", "the committed record has this key"))
            continue
        kind = stage.partition(".")[0]
        old = known.get(kind, {}).get(then.get(stage, ""))
        if stage not in then:
            reason = "the committed record has none"
        elif old is not None:
            reason = _listed(kind, differences(kind, old, known[kind][digest], known))
        else:
            before = [name for name in stale if kind == "record" or name in {"data", "train"}]
            reason = f"follows {', '.join(before)}" if before else "its key has changed"
        stale.append(stage)
        decided.append(Decision(stage, "refuse", reason))
    return tuple(decided)


# ── what changed ────────────────────────────────────────────────────────────


def _told(
    key: StageKey, own_digests: Mapping[str, AbstractSet[str]], noted: Noted, known: Noted
) -> str:
    """Return what changed since the nearest key of the same stage, the run's own if it has any."""
    own = own_digests.get(key.stage, frozenset())
    if key.digest in noted.get(key.stage, {}):
        return "what the store has under this key is damaged"
    others = noted.get(key.stage, {})
    horizon = key.fields.get("horizon")
    ran = {others[digest].get("horizon") for digest in own if digest in others}
    if ran and horizon not in ran:
        return f"horizon {horizon} is new"
    others = {d: fields for d, fields in others.items() if fields.get("horizon") == horizon}
    mine = {digest: fields for digest, fields in others.items() if digest in own}
    near = [*mine.values()] or _foreign(key, [*others.values()])
    changes = [differences(key.stage, fields, key.fields, known) for fields in reversed(near)]
    nearest = min(filter(None, changes), key=len, default=())
    if not nearest or (not mine and len(nearest) > MAX_FOREIGN):
        return NOTHING
    return _listed(key.stage, nearest)


def _foreign(key: StageKey, others: list[Fields]) -> list[Fields]:
    """Return the keys of other runs that a key may be near to: what follows the same training."""
    train = key.fields.get("train")
    return [fields for fields in others if fields.get("train") == train][-MAX_COMPARED:]


def _listed(stage: str, changes: Iterable[Change]) -> str:
    texts = [change.text(stage) for change in changes]
    more = [f"and {len(texts) - MAX_TOLD} more"] if len(texts) > MAX_TOLD else []
    return "; ".join([*texts[:MAX_TOLD], *more])


def _own_digests(run: RunId, noted: Noted) -> dict[str, set[str]]:
    """Return the keys that earlier records of the same run were made of, by stage."""
    found: dict[str, set[str]] = {stage: set() for stage in STAGE_VERSIONS}
    wanted = run.experiment, run.trial, run.seed
    for digest, fields in noted.get("record", {}).items():
        if (fields["experiment"], fields["trial"], fields["seed"]) == wanted:
            found["record"].add(digest)
            found["train"].add(fields["train"])
            found["evaluate"].update(fields["evaluate"].values())
            found["embed"].update(fields["embed"].values())
            found["maximize"].add(fields.get("maximize", ""))
            train = noted.get("train", {}).get(fields["train"], {})
            found["data"].add(train.get("data", ""))
    return found


def _known(noted: Noted, plan: RunPlan) -> dict[str, Mapping[str, Fields]]:
    """Return the fields of all noted keys and of those of a plan."""
    today: dict[str, dict[str, Fields]] = {stage: {} for stage in STAGE_VERSIONS}
    for key in (
        plan.data,
        plan.train,
        *plan.evaluate.values(),
        *plan.embed.values(),
        *([] if plan.maximize is None else [plan.maximize]),
        plan.record,
    ):
        today[key.stage][key.digest] = key.fields
    return {stage: ChainMap(keys, dict(noted.get(stage, {}))) for stage, keys in today.items()}
