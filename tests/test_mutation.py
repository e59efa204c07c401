"""Changed records hang together."""

from dataclasses import replace

import numpy as np
import pytest

from reportgen.facts.line import right_side
from reportgen.measures.confusion import confusion_counts
from reportgen.records import RunId, best_row, row_at
from reportgen.store.codec import array_digest
from tests import changes, mutation
from tests.factories import make_record, with_maximized, with_test
from tests.report.several import load_methods

RECORD = make_record(maps={"intermediate": "drop2", "final": "fc2"}, error_rate=0.2)
ONE = make_record(horizons=(4,), error_rate=0.2)
"""As a trial of a search: with one horizon."""


def check(record):
    """Assert what every record keeps to."""
    labels = record.arrays["labels"]
    rows = record.result.epochs
    for e in record.result.evaluations:
        predictions = record.arrays[f"h{e.horizon}.predictions"]
        assert e.confusion == confusion_counts(labels, predictions, 3)
        assert e.epoch == best_row(rows, e.horizon).epoch
        assert row_at(rows, e.epoch).validation_accuracy == pytest.approx(1 - e.n_errors / e.n)
        assert all(predictions[error.index] == error.predicted for error in e.errors)
    for test in record.result.tests:
        answers, labels = record.arrays[f"h{test.horizon}.test.predictions"], record.arrays
        assert test.confusion == confusion_counts(labels["test.labels"], answers, 3)
        assert test.epoch == mutation.find_evaluation(record, test.horizon).epoch
    assert record.result.arrays.keys() == record.arrays.keys()


@pytest.mark.parametrize("horizon", [2, 4])
@pytest.mark.parametrize("n_errors", [0, 1, 30])
def test_errors(horizon, n_errors):
    changed = mutation.with_errors(RECORD, horizon, n_errors)
    assert mutation.find_evaluation(changed, horizon).n_errors == n_errors
    check(changed)


def test_a_better_early_checkpoint_serves_the_later_horizon():
    changed = mutation.with_errors(RECORD, 2, 0)
    early, late = changed.result.evaluations
    assert early.epoch == late.epoch
    assert late.n_errors == 0


def test_confusion():
    matrix = ((18, 2, 0), (0, 19, 1), (4, 0, 16))
    changed = mutation.with_confusion(RECORD, 4, matrix)
    assert mutation.find_evaluation(changed, 4).confusion == matrix
    check(changed)
    with pytest.raises(ValueError, match="must add"):
        mutation.with_confusion(RECORD, 4, ((20, 1, 0), (0, 20, 0), (0, 0, 20)))


def test_curves():
    losses = [0.5, 0.4, 0.6, 0.7]
    changed = mutation.with_curves(
        RECORD, validation_loss=losses, validation_accuracy=[0.6, 0.9, 0.7, 0.95]
    )
    assert [row.validation_loss for row in changed.result.epochs] == losses
    assert [e.epoch for e in changed.result.evaluations] == [2, 4]
    assert [e.n_errors for e in changed.result.evaluations] == [6, 3]  # of 60
    check(changed)


def test_curves_cut_short():
    changed = mutation.with_curves(RECORD, stopped="diverged in epoch 4", train_loss=[2.0] * 3)
    assert len(changed.result.epochs) == 3
    assert changed.result.stopped == "diverged in epoch 4"
    check(changed)


@pytest.mark.parametrize("after", [1, 3])
def test_divergence(after):
    changed = mutation.with_divergence(mutation.with_errors(ONE, 4, 6), after)
    assert [row.epoch for row in changed.result.epochs] == [*range(1, after + 1)]
    assert changed.result.diverged_at == after + 1
    assert changed.result.stopped == f"diverged in epoch {after + 1}"
    check(changed)
    check_arrays(changed)


def test_divergence_at_once():
    changed = mutation.with_divergence(ONE, 0)
    assert (changed.result.epochs, changed.result.evaluations) == ((), ())
    assert changed.result.diverged_at == 1
    assert changed.arrays.keys() == {"labels"}
    check_arrays(changed)


def test_a_run_that_diverged_goes_on():
    changed = mutation.gone_on(mutation.with_divergence(ONE, 2), 4)
    losses = [row.train_loss for row in changed.result.epochs]
    assert losses[2:] == [losses[1]] * 2
    assert (changed.result.diverged_at, changed.result.stopped) == (0, "")
    check(changed)


def test_the_first_epochs_of_another_run():
    """The other run is best in epoch 3 with 3 errors of 60; up to epoch 2, with 12."""
    other = mutation.with_curves(ONE, validation_accuracy=[0.7, 0.8, 0.95, 0.9])
    whole = mutation.with_course(mutation.with_divergence(ONE, 0), other, horizon=8)
    assert [(e.horizon, e.epoch, e.n_errors) for e in whole.result.evaluations] == [(8, 3, 3)]
    assert np.array_equal(whole.arrays["h8.predictions"], other.arrays["h4.predictions"])
    short = mutation.with_course(ONE, other, horizon=8, epochs=2)
    assert [(e.horizon, e.epoch, e.n_errors) for e in short.result.evaluations] == [(8, 2, 12)]
    assert short.result.epochs[0].train_loss == other.result.epochs[0].train_loss
    for changed in (whole, short):
        check(changed)
        check_arrays(changed)


def test_the_first_epochs_of_a_run_that_diverges_later_are_sound():
    other = mutation.with_divergence(ONE, 3)
    assert mutation.with_course(ONE, other, 4).result.diverged_at == 4
    short = mutation.with_course(ONE, other, 4, 2).result
    assert (short.diverged_at, short.stopped, len(short.epochs)) == (0, "", 2)


def test_another_run_must_answer_the_same_samples():
    other = make_record(horizons=(4,), n=30)
    with pytest.raises(ValueError, match="same samples"):
        mutation.with_course(ONE, other, 4)


def test_at_chance():
    changed = mutation.at_chance(ONE)
    assert set(changed.arrays["h4.predictions"]) == {0}
    assert [row.train_loss for row in changed.result.epochs] == [np.log(3)] * 4
    assert mutation.find_evaluation(changed, 4).n_errors == 40  # of 60, three classes
    check(changed)


def test_groups():
    record = replace(ONE, arrays={**ONE.arrays, "groups": np.zeros(60, np.int32)})
    changed = mutation.with_groups(record, (1, 4, 2))
    labels, groups = changed.arrays["labels"], changed.arrays["groups"]
    assert [len(set(groups[labels == i].tolist())) for i in range(3)] == [1, 4, 2]
    assert len(set(groups.tolist())) == 7
    check_arrays(changed)


def test_several_runs_change_and_one_is_better_than_another():
    a, b = RunId("toy", "", 1), RunId("toy", "", 2)
    records = {a: ONE, b: mutation.with_errors(ONE, 4, 10)}
    changed = changes.each([a], lambda run: changes.better(run, b, 4))(records)
    assert mutation.find_evaluation(changed[a], 4).n_errors == 6
    assert changed[b] is records[b]
    same = changes.course(a, b, 4)(records)[a]
    assert mutation.find_evaluation(same, 4).n_errors == 10


def test_map_measures():
    changed = mutation.with_map_measures(
        RECORD,
        "final",
        purity=0.5,
        silhouette=0.1,
        structure={"islands": (1, 2, 1)},
        stability={"overlap": 0.2},
        layer={"trustworthiness": 0.7},
    )
    other, final = changed.result.maps
    assert other == RECORD.result.maps[0]
    assert final.on_map.silhouette == 0.1
    assert np.sum(final.on_map.mixing, axis=1) == pytest.approx(1.0)
    assert np.mean([final.on_map.mixing[i][i] for i in range(3)]) == pytest.approx(0.5)
    assert np.mean(final.on_map.silhouette_by_class) == pytest.approx(
        np.mean(RECORD.result.maps[1].on_map.silhouette_by_class)
        + 0.1
        - RECORD.result.maps[1].on_map.silhouette
    )
    assert final.map_structure.islands == (1, 2, 1)
    assert (final.stability.overlap, final.trustworthiness) == (0.2, 0.7)
    assert final.in_features == RECORD.result.maps[1].in_features


@pytest.mark.parametrize("n_errors", [0, 3, 20])
def test_a_line_fails_so_many(tmp_path, project, n_errors):
    methods = load_methods(tmp_path, project / "templates")
    record = next(r for run, r in methods.records.items() if run.experiment == "finetuned")
    changed = mutation.with_line(record, "final", n_errors)
    (found,) = changed.result.maps
    labels = changed.arrays["labels"][changed.arrays["embedding.sample"]]
    points = changed.arrays[f"h{found.horizon}.map.final"]
    assert int((~right_side(points, labels, found.line)).sum()) == n_errors
    assert found.on_map.linear_errors == n_errors
    check_arrays(changed)


def test_errors_of_an_estimator(tmp_path, project):
    methods = load_methods(tmp_path, project / "templates")
    record = next(r for run, r in methods.records.items() if run.experiment == "extractor")
    changed = mutation.with_errors(record, 0, 7)
    (evaluation,) = changed.result.evaluations
    assert (evaluation.epoch, evaluation.n_errors, evaluation.errors) == (0, 7, ())
    check_arrays(changed)


def test_confidence():
    n = len(RECORD.arrays["labels"])
    changed = mutation.with_confidence(RECORD, 4, [0.5] * n)
    assert {error.confidence for error in mutation.find_evaluation(changed, 4).errors} == {0.5}
    assert mutation.find_evaluation(changed, 2) == mutation.find_evaluation(RECORD, 2)
    check(changed)
    check_arrays(changed)


def test_filters_come_and_go():
    given = mutation.with_filters(RECORD, "conv1", 6)
    assert given.result.filters is not None
    assert given.result.filters.epoch == given.result.evaluations[-1].epoch
    check_arrays(given)
    bare = mutation.without_filters(given)
    assert bare.result.filters is None
    assert bare.arrays.keys() == RECORD.arrays.keys()


def test_answers_on_other_samples_choose_no_epoch():
    wrong = (RECORD.arrays["labels"].astype(int) + 1) % 3
    changed = mutation.with_answers_elsewhere(RECORD, {4: wrong.tolist()})
    assert changed.result.epochs == RECORD.result.epochs
    assert mutation.find_evaluation(changed, 4).n_errors == len(wrong)
    assert {e.split for e in changed.result.evaluations} == {"test"}


def test_epochs_between_measurements():
    """Of ten epochs those divisible by five have a row; the best is one of them."""
    rows = tuple(replace(row, epoch=5 * row.epoch) for row in RECORD.result.epochs[:2])
    late = RECORD.result.evaluations[-1]
    found = (replace(late, horizon=10, epoch=10),)
    arrays = {"labels": RECORD.arrays["labels"]} | {
        f"h10.{name}": RECORD.arrays[f"h4.{name}"] for name in ("predictions", "confidence")
    }
    result = replace(RECORD.result, epochs=rows, evaluations=found, maps=())
    sparse = replace(RECORD, result=result, arrays=arrays)
    run = sparse.result.id
    change = changes.curves(run, 10, validation_accuracy=lambda e: 0.9 if e == 5 else 0.8)
    changed = change({run: sparse})[run]
    assert [(e.epoch, e.n_errors) for e in changed.result.evaluations] == [(5, 6)]  # of 60
    check(changed)
    spoilt = mutation.with_errors(changed, 10, 30)
    assert [row.validation_accuracy for row in spoilt.result.epochs] == [0.5, 0.5]
    check(spoilt)


def test_the_test_split_goes_along():
    """With a tenth of the validation samples wrong, a tenth of the 30 of the test are."""
    record = with_test(RECORD)
    changed = mutation.with_errors(record, 4, 6)
    early, late = changed.result.tests
    assert early == record.result.tests[0]
    assert late.n_errors == 3
    check(changed)
    check_arrays(changed)


def test_errors_on_the_test_split_alone():
    record = with_test(RECORD)
    changed = mutation.with_test_errors(record, 4, 7)
    assert changed.result.tests[1].n_errors == 7
    assert changed.result.evaluations == record.result.evaluations
    check(changed)
    check_arrays(changed)


def test_answers_of_another_run():
    record = with_test(RECORD)
    other = with_test(make_record(RunId("toy", "", 1), error_rate=0.02))
    changed = mutation.with_answers_of(record, other, 4)
    for name in ("h4.predictions", "h4.test.predictions"):
        assert (changed.arrays[name] == other.arrays[name]).all()
    check(changed)
    check_arrays(changed)


def test_other_images_of_filters():
    record = with_maximized(RECORD)
    changed = mutation.with_maximized_filters(record, "first", lambda f: replace(f, real=9.0))
    assert [each.real for each in changed.result.maximized[0].filters] == [9.0] * 4
    same = mutation.with_maximized_filters(record, "second", lambda f: replace(f, real=9.0))
    assert same.result == record.result
    early = changes.curves(RECORD.result.id, 4, validation_accuracy=lambda e: 1 - e / 10)
    moved = early({record.result.id: record})[record.result.id]
    assert moved.result.maximized[0].epoch == 1


def test_several_runs_change_each_by_its_own():
    runs = [RunId("toy", "", seed) for seed in (1, 2)]
    records = {run: make_record(run) for run in [*runs, RunId("toy", "", 3)]}
    change = changes.each(runs, lambda run: changes.of(run, mutation.with_errors, 4, 10 * run.seed))
    changed = change(records)
    found = [mutation.find_evaluation(changed[run], 4).n_errors for run in runs]
    assert found == [10, 20]
    assert changed[RunId("toy", "", 3)] is records[RunId("toy", "", 3)]


def check_arrays(record):
    """Assert that the digests are those of the arrays."""
    assert record.result.arrays == {k: array_digest(v) for k, v in record.arrays.items()}
