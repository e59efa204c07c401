"""What every answer must keep to: no orphan number, no sentence without a ground, one checkpoint.

The rules read blocks of marked text and yield findings; where a finding stands
is told by the marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reportgen.report import numerals, sentences
from reportgen.report.marks import Place
from reportgen.report.prose import Block, Piece, Reader

NO_SENTENCES = frozenset("td th figcaption caption h1 h2 h3 h4 h5 h6 dt pre alt words".split())
"""Elements that need no sentences: tables, captions, headings. Numbers in them are checked."""
ONE_CHECKPOINT = frozenset(
    {
        *("confusion", "confusion_pairs", "error_grid", "maps", "map_measures"),
        *("best_accuracy", "method_table"),
    }
)
"""Artefacts about one checkpoint, or one of each method: captions or rows say the epochs."""
NO_EPOCH = ".h0"
"""How the checkpoint of an estimator ends: its network is as it starts, at no epoch."""

_WORD = re.compile(r"\w")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_HORIZON = re.compile(r"(?P<run>.+?)\.h(?P<h>\d+)\.(?P<rest>.+)")
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Finding:
    """Something against a rule, and where it was written; `through` as in a `Piece`."""

    place: Place | None
    through: tuple[Place, ...]
    message: str


def _at(piece: Piece, offset: int, message: str) -> Finding:
    """Return a finding at a character of a piece."""
    place = piece.place
    if place is not None and place.kind == "text":
        place = Place(place.file, place.line + piece.text.count("\n", 0, offset), "text")
    return Finding(place, piece.through, message)


def _quoted(text: str) -> str:
    """Return a sentence, cut if it is long."""
    return f"«{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}»"


# ── numbers ─────────────────────────────────────────────────────────────────


def orphan_numbers(blocks: Iterable[Block]) -> Iterator[Finding]:
    """Yield each number, in digits or words, that no fact, literal or study file vouches for."""
    for block in blocks:
        if all(piece.source for piece in block.pieces):
            continue
        text = block.text
        for start, end in numerals.find(text):
            for piece, low, high in block.within(start, end):
                if not piece.source and _LETTER_OR_DIGIT.search(piece.text, low, high):
                    shown = text[start:end]
                    yield _at(
                        piece,
                        low,
                        f'the number "{shown}" comes from nowhere: print a fact through a filter, '
                        f'or mark it with literal("{shown}") if it is no result',
                    )
                    break


def misplaced_spans(reader: Reader) -> Iterator[Finding]:
    """Yield each paragraph, table or other block inside a claim, a context or a footnote."""
    for tag, inline, index in reader.misplaced:
        pieces = reader.blocks[index].pieces if index < len(reader.blocks) else []
        place = pieces[0].place if pieces else None
        kind = "footnote" if inline == "footnote" else f"{{% {inline} %}}"
        yield Finding(place, (), f"a {kind} is part of a paragraph and can hold no <{tag}>")


# ── sentences ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer, and its pieces that hold words, with the first character of each."""

    text: str
    worded: tuple[tuple[Piece, int], ...]

    @property
    def facts(self) -> frozenset[str]:
        """The facts that it shows, and those of its claims and branches."""
        shown = {piece.fact for piece, _ in self.worded if piece.fact}
        return frozenset(shown).union(*(piece.said for piece, _ in self.worded))

    @property
    def has_ground(self) -> bool:
        """Whether it shows a fact, stands in part in a claim or branch, or is all context."""
        pieces = [piece for piece, _ in self.worded]
        if any(piece.source == "fact" or piece.tied for piece in pieces):
            return True
        return all(piece.context or piece.source == "exempt" for piece in pieces)


def read_sentences(blocks: Iterable[Block]) -> Iterator[Sentence]:
    """Yield the sentences of all elements that are made of them."""
    for block in blocks:
        if block.element in NO_SENTENCES:
            continue
        text = block.text
        for start, end in sentences.split(text):
            worded = tuple(
                (piece, low)
                for piece, low, high in block.within(start, end)
                if _WORD.search(piece.text, low, high)
            )
            if worded:
                yield Sentence(" ".join(text[start:end].split()), worded)


def groundless_sentences(blocks: Iterable[Block]) -> Iterator[Finding]:
    """Yield each sentence without a fact or a claim that is not marked as context."""
    for sentence in read_sentences(blocks):
        if not sentence.has_ground:
            piece, low = sentence.worded[0]
            yield _at(
                piece,
                low,
                f"this sentence states something that nothing checks: {_quoted(sentence.text)}; "
                "show a fact in it, put it in {% claim … %}…{% endclaim %}, or, if it states no "
                "result, in {% context %}…{% endcontext %}",
            )


# ── checkpoints ─────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A horizon of an experiment or of its trials."""

    experiment: str
    h: int

    def __str__(self) -> str:
        return f"{self.experiment}.h{self.h}"


@dataclass(slots=True)
class _Use:
    """What a figure, a table or a paragraph shows of checkpoints, and which it names."""

    shown: dict[Checkpoint, tuple[Piece, str]] = field(default_factory=dict)
    named: set[Checkpoint] = field(default_factory=set)
    later: set[Checkpoint] = field(default_factory=set)
    attributes: Mapping[str, str] = field(default_factory=dict)
    epochs: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)

    def take(self, piece: Piece) -> None:
        """Note a printed fact."""
        match = _HORIZON.fullmatch(piece.fact)
        if match is None:
            return
        run, rest = match["run"], match["rest"]
        checkpoint = _checkpoint(match)
        if rest in {"best.epoch", "epochs"}:
            self.named.add(checkpoint)
            if rest == "best.epoch":
                self.epochs.add(f"{run}.h{checkpoint.h}")
        elif rest == "later.epochs":
            self.later.add(checkpoint)
        elif not rest.startswith("later."):
            self.runs.add(f"{run}.h{checkpoint.h}")
            said = {_checkpoint(m) for fact in piece.said if (m := _HORIZON.fullmatch(fact))}
            if checkpoint not in said or len(_of(said, checkpoint)) < 2:
                self.shown.setdefault(checkpoint, (piece, piece.fact))

    def names(self, checkpoint: Checkpoint) -> bool:
        """Whether it tells the reader which checkpoint this is."""
        shorter = (c for c in self.later if c.experiment == checkpoint.experiment)
        return checkpoint in self.named or any(c.h < checkpoint.h for c in shorter)


def _checkpoint(match: re.Match[str]) -> Checkpoint:
    return Checkpoint(match["run"].split(".")[0], int(match["h"]))


def _of(checkpoints: Iterable[Checkpoint], other: Checkpoint) -> set[Checkpoint]:
    """Return the checkpoints of the same experiment."""
    return {c for c in checkpoints if c.experiment == other.experiment}


def mixed_checkpoints(blocks: Iterable[Block], artefacts: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what leaves a reader in doubt which checkpoint a number is about.

    - An answer is about one checkpoint of an experiment: the first whose epoch it
      states. What shows a fact of another one says so itself: it states that
      epoch, or its horizon (``h.best.epoch``, ``h.epochs``, ``h.later.epochs``).
    - What shows facts of several checkpoints states all of them, or stands in a
      claim or branch whose condition compares them.
    - A figure or table of a kind in `ONE_CHECKPOINT` states the epoch of each
      checkpoint that it shows, were it of several experiments; that of an estimator,
      horizon 0, has none.

    A paragraph with its footnotes, a figure or table with its caption and
    alternative text counts as one. A trial's checkpoint is that of its
    experiment at the same horizon. ``later.*`` facts name both by themselves.

    Parameters
    ----------
    blocks : iterable of Block
        Of one answer.
    artefacts : mapping of str to str
        Which artefact each figure and table is, by id.
    """
    uses: dict[int, _Use] = {}
    for block in blocks:
        use = uses.setdefault(block.group, _Use(attributes=block.attributes))
        for piece in block.pieces:
            if piece.fact:
                use.take(piece)
    every = {c for use in uses.values() for c in use.shown}
    base: dict[str, Checkpoint] = {}
    for use in uses.values():
        for checkpoint in sorted(use.named, key=lambda c: c.h):
            base.setdefault(checkpoint.experiment, checkpoint)
    for use in uses.values():
        yield from _unsaid(use, every, base)
        yield from _without_epoch(use, artefacts)


def _unsaid(use: _Use, every: set[Checkpoint], base: Mapping[str, Checkpoint]) -> Iterator[Finding]:
    """Yield the checkpoints that a paragraph or figure shows and should name."""
    for checkpoint, (piece, fact) in use.shown.items():
        beside = _of(use.shown, checkpoint)
        others = _of(every, checkpoint) - {checkpoint}
        alone = len(beside) == 1 and base.get(checkpoint.experiment) == checkpoint
        if others and not alone and not use.names(checkpoint):
            names = ", ".join(map(str, sorted(others, key=lambda c: c.h)))
            yield _at(
                piece,
                0,
                f"{fact} is of the checkpoint {checkpoint}, and this answer also shows {names}: "
                f"say here which one it is, as with {{{{ {checkpoint}.best.epoch | integer }}}}, "
                "or compare both in a claim",
            )


def _without_epoch(use: _Use, artefacts: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the checkpoints of a figure or table whose epoch it does not state."""
    id = use.attributes.get("id", "")
    artefact = artefacts.get(id, "")
    if artefact not in ONE_CHECKPOINT:
        return
    shown = use.runs | set(use.attributes.get("data-checkpoint", "").split())
    needed = {checkpoint for checkpoint in shown if not checkpoint.endswith(NO_EPOCH)}
    missing = needed - use.epochs
    if missing or not (use.epochs or shown):
        names = ", ".join(sorted(missing)) or "the checkpoint"
        message = (
            f'"{id}" ({artefact}) shows {names} and does not state its epoch: '
            "put {{ punto_de_control(h) }} into its caption"
        )
        yield Finding(None, (), message)
