from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from reportgen.errors import ModelError, RunError
from reportgen.models.weights import load_weights
from reportgen.records import RunId
from reportgen.spec.training import (
    EarlyStopping,
    HorizontalFlip,
    RandomCrop,
    RandomShift,
    Resize,
    Sgd,
)
from reportgen.training import loop
from reportgen.training.inference import predict
from reportgen.training.loop import epoch_seed, train_run
from reportgen.training.placement import choose_placement
from tests.models.study_file import build
from tests.training.toy import (
    ADAM,
    CPU,
    MEAN,
    MOMENTUM,
    STD,
    Killed,
    MemoryJournal,
    MortalJournal,
    ToyNet,
    phase,
    tensors_of,
    toy_model,
    toy_splits,
    training,
)

RUN = RunId("toy", "", 5)
TWO_PHASES = training(
    phase(2, ADAM, train=("head",)),
    phase(3, MOMENTUM),
    augmentation=(RandomShift(random_shift=1), HorizontalFlip(horizontal_flip=0.5)),
)


def train(spec, journal=None, *, run=RUN, model=None, placement=CPU, **callbacks):
    """Train the toy network on the toy data; return outcome, journal and model."""
    journal = journal or MemoryJournal()
    model = model or toy_model()
    outcome = train_run(run, spec, model, toy_splits(), MEAN, STD, placement, journal, **callbacks)
    return outcome, journal, model


# ── what an epoch gives ─────────────────────────────────────────────────────


def test_training_learns_and_every_epoch_has_a_row():
    outcome, journal, _ = train(training(phase(12)))
    assert [row.epoch for row in outcome.rows] == list(range(1, 13))
    assert outcome.rows == journal.rows
    assert outcome.rows[-1].validation_accuracy > 0.9
    assert outcome.rows[-1].train_loss < outcome.rows[0].train_loss
    assert outcome.diverged_at == 0


def test_a_row_measures_the_weights_that_are_saved_in_evaluation_mode():
    outcome, journal, _ = train(training(phase(1)))
    model = toy_model(seed=9)
    load_weights(model, journal.weights[1])
    row, splits = outcome.rows[0], toy_splits()
    for name, loss, accuracy in [
        ("train", row.train_loss, row.train_accuracy),
        ("validation", row.validation_loss, row.validation_accuracy),
    ]:
        found = predict(model, splits[name], MEAN, STD, CPU, batch_size=10)
        assert found.mean_loss == loss
        assert float(np.mean(found.predicted == splits[name].labels)) == accuracy


class Counter(nn.Module):
    """Logits from one weight, so that an epoch can be calculated by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        return self.weight.expand(len(x), 3)


def test_one_step_of_gradient_descent_by_hand():
    """One batch of 50: from logits 0 the gradient is 1/3 minus the class's share."""
    spec = training(phase(1, Sgd(name="sgd", lr=0.5)), batch_size=50)
    outcome, _, model = train(spec, model=Counter())
    shares = np.bincount(toy_splits()["train"].labels, minlength=3) / 50
    expected = -0.5 * (1 / 3 - shares)
    assert model.weight.detach().numpy() == pytest.approx(expected, abs=1e-6)
    row = outcome.rows[0]
    assert row.running_loss == pytest.approx(np.log(3), abs=1e-6)
    assert row.running_accuracy == pytest.approx(shares[0])  # equal logits: the first class
    log_sum = np.log(np.exp(expected).sum())
    assert row.train_loss == pytest.approx(log_sum - (shares * expected).sum(), abs=1e-6)
    assert row.train_accuracy == pytest.approx(shares.max())


def test_values_are_read_from_the_device_at_the_end_of_an_epoch_only(monkeypatch):
    """Six numbers an epoch, however many batches it has."""
    reads = []
    item = torch.Tensor.item
    monkeypatch.setattr(torch.Tensor, "item", lambda self: reads.append(1) or item(self))
    for name in ("tolist", "numpy", "__bool__", "__float__", "__int__"):
        monkeypatch.setattr(torch.Tensor, name, _refuse, raising=True)
    stop = RuntimeError("the epoch is done")

    def on_measured(*_):
        raise stop

    monkeypatch.setattr(loop, "dump_weights", on_measured)
    with pytest.raises(RuntimeError, match="the epoch is done"):
        train(training(phase(1, Sgd(name="sgd", lr=0.1)), batch_size=5), model=Dense())
    assert len(reads) == 6


class Dense(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(64, 3)

    def forward(self, x):
        return self.head(x.flatten(1))


def _refuse(*_):
    msg = "a value was read from the device within an epoch"
    raise AssertionError(msg)


def test_progress_is_told_by_batch_and_epoch():
    shares, epochs, journal = [], [], MemoryJournal()
    outcome, _, _ = train(
        training(phase(2), batch_size=20),
        journal,
        on_batch=shares.append,
        on_epoch=lambda row, seconds: epochs.append((row, seconds > 0, len(journal.rows))),
    )
    assert shares == pytest.approx([1 / 3, 2 / 3, 1.0] * 2)
    assert epochs == [(outcome.rows[0], True, 1), (outcome.rows[1], True, 2)]


# ── the best epoch ──────────────────────────────────────────────────────────


def test_weights_are_kept_for_each_first_maximum(monkeypatch):
    """Validation accuracy 0.2, 0.5, 0.5, 0.4, 0.6: new bests at 1, 2 and 5."""
    script = iter([0.2, 0.5, 0.5, 0.4, 0.6])
    pairs = itertools.chain.from_iterable(((0.1, 1.0), (0.1, value)) for value in script)
    monkeypatch.setattr(loop, "evaluate", lambda *_: next(pairs))
    outcome, journal, _ = train(training(phase(5)))
    assert [row.validation_accuracy for row in outcome.rows] == [0.2, 0.5, 0.5, 0.4, 0.6]
    assert sorted(journal.weights) == [1, 2, 5]


def test_a_best_of_before_the_death_still_counts(monkeypatch):
    script = iter([0.2, 0.5, 0.5, 0.6])
    pairs = itertools.chain.from_iterable(((0.1, 1.0), (0.1, value)) for value in script)
    monkeypatch.setattr(loop, "evaluate", lambda *_: next(pairs))
    with pytest.raises(Killed):
        train(training(phase(4)), dead := MortalJournal(2))
    _, journal, _ = train(training(phase(4)), MemoryJournal(dead.rows, dead.load_state()))
    assert sorted(journal.weights) == [4]


# ── the same bits ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("threads", [1, 2])
def test_two_runs_give_the_same_bytes(threads):
    placement = choose_placement("cpu", "float32", threads)
    (one, first, _), (two, second, _) = (train(TWO_PHASES, placement=placement) for _ in range(2))
    assert one == two
    assert first.states == second.states
    assert first.weights == second.weights


def test_the_callers_random_state_decides_nothing_and_stays():
    first = train(training(phase(1)))[1].states
    torch.manual_seed(77)
    model = toy_model()
    torch.manual_seed(78)
    before = torch.get_rng_state()
    assert train(training(phase(1)), model=model)[1].states == first
    assert torch.equal(torch.get_rng_state(), before)


def test_another_seed_gives_another_order():
    first = train(training(phase(1)))[1].states
    assert train(training(phase(1)), run=RunId("toy", "", 6))[1].states != first


@pytest.mark.parametrize("optimizer", [MOMENTUM, ADAM], ids=["momentum", "adam"])
@pytest.mark.parametrize("dies_after", [1, 2, 3, 4])
def test_a_killed_training_goes_on_to_the_same_bytes(dies_after, optimizer):
    """Two phases, a frozen batch norm that thaws, dropout, augmentation; 2 is the boundary."""
    spec = TWO_PHASES.model_copy(
        update={"phases": (phase(2, optimizer, train=("head",)), phase(3, optimizer))}
    )
    whole, whole_journal, whole_model = train(spec)
    with pytest.raises(Killed):
        train(spec, dead := MortalJournal(dies_after))
    # The new process has neither the model's nor the optimiser's objects.
    resumed, journal, model = train(spec, MemoryJournal(dead.rows, dead.load_state()))
    assert resumed.rows == whole.rows
    assert journal.states[-1] == whole_journal.states[-1]
    assert {**dead.weights, **journal.weights} == whole_journal.weights
    assert tensors_of(model) == tensors_of(whole_model)


def test_more_epochs_of_the_last_phase_continue():
    _, short, _ = train(training(phase(2)))
    longer, _, model = train(training(phase(4)), MemoryJournal(short.rows, short.load_state()))
    whole, _, whole_model = train(training(phase(4)))
    assert longer.rows == whole.rows
    assert tensors_of(model) == tensors_of(whole_model)


def test_a_finished_training_trains_nothing():
    _, done, _ = train(training(phase(3)))
    model = toy_model()
    before = tensors_of(model)
    outcome, journal, _ = train(training(phase(2)), MemoryJournal(done.rows), model=model)
    assert outcome.rows == done.rows[:2]
    assert journal.states == []
    assert tensors_of(model) == before


def test_rows_without_a_state_are_refused():
    _, done, _ = train(training(phase(1)))
    with pytest.raises(RunError, match="the journal has 1 epochs but no state"):
        train(training(phase(2)), MemoryJournal(done.rows))


def test_epoch_seeds_differ_by_seed_epoch_and_purpose():
    seeds = {
        epoch_seed(seed, epoch, purpose)
        for seed in range(3)
        for epoch in range(1, 4)
        for purpose in ("order", "noise")
    }
    assert len(seeds) == 18
    assert all(0 <= seed < 2**63 for seed in seeds)


# ── phases ──────────────────────────────────────────────────────────────────


EARLY = EarlyStopping(patience=1, min_delta=100.0)
"""Lets a phase have two epochs: none after the first is better by so much."""

STOPPING = training(phase(5, MOMENTUM, early_stopping=EARLY), phase(4, ADAM, early_stopping=EARLY))


def test_a_phase_that_stops_early_hands_over_to_the_next():
    outcome, journal, _ = train(STOPPING)
    assert [(row.epoch, row.phase) for row in outcome.rows] == [(1, 1), (2, 1), (3, 2), (4, 2)]
    again, _, _ = train(STOPPING, journal)
    assert again.rows == outcome.rows


@pytest.mark.parametrize("dies_after", [1, 2, 3, 4])
def test_killed_where_a_phase_stops_early_it_goes_on_to_the_same_bytes(dies_after):
    outcome, whole, _ = train(STOPPING)
    with pytest.raises(Killed):
        train(STOPPING, dead := MortalJournal(dies_after))
    again, journal, _ = train(STOPPING, MemoryJournal(dead.rows, dead.load_state()))
    assert again.rows == outcome.rows
    assert journal.load_state() == whole.load_state()


def test_what_a_phase_freezes_stays_with_its_statistics():
    before = tensors_of(toy_model())
    outcome, _, model = train(training(phase(2, train=("head",))))
    after = tensors_of(model)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"head.weight", "head.bias"}
    assert {row.phase for row in outcome.rows} == {1}


def test_frozen_norms_gather_where_the_phase_says_so():
    _, _, model = train(training(phase(1, train=("head",), frozen_norm="train")))
    assert int(model.norm.num_batches_tracked) == 4  # 50 samples in batches of 16


# ── what goes wrong ─────────────────────────────────────────────────────────


def exploding(**more):
    return training(phase(6, Sgd(name="sgd", lr=1e38)), **more)


def test_a_loss_that_is_not_finite_fails_and_says_what_to_try():
    with pytest.raises(RunError) as caught:
        train(exploding(), model=Dense())
    assert caught.value.exit_code == 4
    assert str(caught.value).startswith(
        "toy (seed 5): the loss is not finite in epoch 1; try a smaller lr than 1e+38. "
    )


def test_on_request_a_divergence_ends_the_training_with_the_rows_so_far(monkeypatch):
    """The third epoch's validation loss is not finite."""
    losses = iter([0.1, 0.1, 0.1, 0.1, 0.1, float("nan")])
    monkeypatch.setattr(loop, "evaluate", lambda *_: (next(losses), 0.5))
    outcome, journal, _ = train(training(phase(5), on_divergence="record"))
    assert outcome.diverged_at == 3
    assert [row.epoch for row in outcome.rows] == [1, 2] == [row.epoch for row in journal.rows]


def test_float32_is_advised_where_it_is_not_used():
    reduced = choose_placement("cpu", "bfloat16", 1)
    with pytest.raises(RunError, match=r"1e\+38 or precision: float32\."):
        train(exploding(), model=Dense(), placement=reduced)


def test_an_error_of_the_network_in_training_mode_is_located(tmp_path):
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(64, 3)
        def forward(self, x):
            if self.training:
                raise ValueError("only in training")
            return self.dense(x.flatten(1))
    """
    with pytest.raises(ModelError) as caught:
        train(training(phase(1)), model=build(tmp_path, text))
    assert str(caught.value) == (
        "experiments/toy/models.py:9: toy (seed 5): ValueError: only in training"
    )


def test_no_memory_left_names_the_batch_size():
    class Hungry(ToyNet):
        def forward(self, x):
            if self.training:
                raise torch.OutOfMemoryError
            return super().forward(x)

    with pytest.raises(RunError, match="out of memory with batch_size 16; set a smaller one"):
        train(training(phase(1)), model=Hungry())


def test_an_error_of_a_callback_passes_as_it_is():
    with pytest.raises(Killed):
        train(training(phase(1)), on_batch=_die)


def _die(_share: float) -> None:
    raise Killed


# ── on a GPU ────────────────────────────────────────────────────────────────


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_gpu_trains_and_goes_on(precision):
    placement = choose_placement("cuda", precision)
    with pytest.raises(Killed):
        train(TWO_PHASES, dead := MortalJournal(3), placement=placement)
    resumed, _, model = train(
        TWO_PHASES, MemoryJournal(dead.rows, dead.load_state()), placement=placement
    )
    assert len(resumed.rows) == 5
    assert next(model.parameters()).device.type == "cuda"


# ── images of another size than the data's, and frozen layers ───────────────


def test_training_sees_crops_and_both_evaluations_the_centre():
    """The rows equal a prediction with the same steps: both see the prepared images."""
    steps = (Resize(resize=12), RandomCrop(random_crop=8))
    sizes = []
    model = toy_model()
    model.register_forward_pre_hook(lambda m, inputs: sizes.append(tuple(inputs[0].shape[2:])))
    outcome, journal, _ = train(training(phase(1), augmentation=steps), model=model)
    assert set(sizes) == {(8, 8)}
    row, trained = outcome.rows[0], toy_model(seed=9)
    load_weights(trained, journal.weights[1])
    for name, loss in [("train", row.train_loss), ("validation", row.validation_loss)]:
        split = toy_splits()[name]
        found = predict(trained, split, MEAN, STD, CPU, batch_size=10, augmentation=steps)
        assert found.mean_loss == loss


def test_a_crop_larger_than_the_images_is_refused_before_training():
    steps = (RandomCrop(random_crop=9),)
    with pytest.raises(ModelError, match=r"training\.augmentation\[0\]: a random_crop of 9"):
        train(training(phase(1), augmentation=steps))


def test_no_gradient_goes_through_frozen_layers():
    """With the head alone in training, what comes before it builds no graph to go back through."""
    model = toy_model()
    seen = []
    model.head.register_forward_pre_hook(lambda m, inputs: seen.append(inputs[0].requires_grad))
    train(training(phase(1, train=("head",)), phase(1)), model=model)
    probe = 1  # of the memory format
    batches = 4  # of 50 samples by 16
    passes = 5 + 3  # of 50 and of 21 samples by 10, in evaluation
    assert seen == [False] * (probe + batches + passes) + [True] * batches + [False] * passes
    assert model.conv.weight.grad is not None


# ── measured now and then ───────────────────────────────────────────────────


def test_epochs_between_measurements_have_no_row_and_change_nothing():
    """Six epochs measured every second one: the rows are those of a training measured always."""
    every, always = (train(training(phase(6), validate_every=n))[0].rows for n in (2, 1))
    assert [row.epoch for row in every] == [2, 4, 6]
    assert every == tuple(row for row in always if row.epoch % 2 == 0)


def test_a_death_between_measurements_costs_the_epochs_since_the_last():
    spec = training(phase(2), phase(4, ADAM), validate_every=2)
    whole, kept, _ = train(spec)
    mortal = MortalJournal(dies_after=4)
    with pytest.raises(Killed):
        train(spec, mortal)
    again, journal, _ = train(spec, MemoryJournal(mortal.rows, mortal.states[-1]))
    assert again.rows == whole.rows
    assert [row.phase for row in whole.rows] == [1, 2, 2]
    assert journal.states[-1] == kept.states[-1]


def test_a_divergence_between_measurements_is_told_at_its_epoch(monkeypatch):
    train_epoch = loop._train_epoch

    def broken(session, phase, optimizer, epoch, on_batch):
        found = train_epoch(session, phase, optimizer, epoch, on_batch)
        return (float("nan"), 0.0) if epoch == 5 else found

    monkeypatch.setattr(loop, "_train_epoch", broken)
    spec = training(phase(9), validate_every=3, on_divergence="record")
    outcome, journal, _ = train(spec)
    assert outcome.diverged_at == 5
    assert [row.epoch for row in journal.rows] == [3]


def test_progress_runs_once_from_one_measurement_to_the_next():
    """Two epochs of five batches each: ten rising shares, the last one whole."""
    shares = []
    train(training(phase(2), validate_every=2), on_batch=shares.append)
    assert shares == pytest.approx([n / len(shares) for n in range(1, len(shares) + 1)])
