"""What tp5 may find: the mutations of its sections, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reportgen.records import RunId
from tests import changes
from tests.changes import Mutation, both, each, flat, heavier, resized
from tests.changes_tp5 import (
    CHOSEN,
    EVERY,
    FASHION,
    HEAD_ONLY,
    LETTERS,
    MAXIMIZED,
    NETWORKS,
    VARIANTS,
    Edit,
    above,
    all_curves,
    answering,
    balanced,
    below,
    both_second_phases,
    by_seed,
    coloured,
    dead,
    diverged,
    every_epoch,
    every_result,
    falling,
    fewer,
    filters,
    frozen,
    lost,
    named,
    of_all,
    of_test,
    one_convolution,
    only,
    other_head,
    other_seed,
    repeated,
    respecified,
    rising,
    scored,
    second_phase,
    shared,
    source,
    stuck,
    swinging,
    tested,
    trained,
    wider,
    with_phases,
    with_rate,
    without,
)

DIRECT = of_all("direct")

SOURCES: Mapping[str, Mutation] = {
    # data
    "balanced digits": every_result(of_all(), data=balanced),
    "one digit of each class": every_result(of_all(), data=fewer),
    "a sample of digits": every_result(of_all(), data=lambda d: replace(d, name="mnist-5k")),
    "other digits": every_result(of_all(), data=lambda d: replace(d, name="cifras")),
    "emojis": named(FASHION, "openmoji"),
    "other clothes": named(FASHION, "ropa"),
    "written letters": named(LETTERS, "emnist-letters"),
    "other letters": named(LETTERS, "rotulos"),
    "small sources": every_result(NETWORKS, data=fewer),
    "digits of another size": every_result(of_all(), data=resized),
    "all of another size": every_result(data=resized),
    "colours": every_result(data=coloured),
    "colours in one source": every_result([FASHION], data=coloured),
    "a shared digit": shared(1, *(RunId(name, "", 4) for name in VARIANTS)),
    "shared digits": shared(4, *of_all()),
    "shared clothes": shared(1, FASHION),
    "shared images everywhere": both(shared(2, *of_all()), shared(3, FASHION), shared(1, LETTERS)),
    # networks
    "a heavier network": every_result(model=heavier),
    "another network": every_result(model=lambda m: replace(m, name="Otra")),
    "networks of several names": every_result([LETTERS], model=lambda m: replace(m, name="Otra")),
    "a wider network": every_result(model=wider),
    "a wider network of letters": every_result([LETTERS], model=wider),
    "one convolution": every_result(model=one_convolution),
    "no normalisation": every_result(model=without("BatchNorm2d")),
    "no reduction": every_result(model=without("MaxPool2d")),
    "no activation": every_result(model=without("ReLU")),
    "too many outputs": every_result(of_all(), model=lambda m: replace(m, n_outputs=11)),
    "as many letters": every_result([LETTERS], model=lambda m: replace(m, n_outputs=10)),
    "some weights rest": every_result(model=frozen),
    # curves of the sources
    "clothes overfit": source(
        FASHION, validation_loss=lambda e: 0.3 + 0.1 * abs(e - 4), train_loss=lambda e: 0.3 / e
    ),
    "clothes overfit late": source(
        FASHION,
        validation_loss=lambda e: 0.3 + 0.1 * max(0, e - 6),
        train_loss=lambda e: 0.3 / e,
        validation_accuracy=lambda e: 0.9 if e == 5 else 0.85,
    ),
    "letters overfit before their best": source(
        LETTERS,
        validation_loss=lambda e: 0.3 + 0.1 * abs(e - 4),
        train_loss=lambda e: 0.3 / e,
        validation_accuracy=lambda e: 0.9 if e == 2 else 0.85,
    ),
    "both losses rise": both(
        *(
            source(
                run,
                validation_loss=lambda e: 0.3 + 0.1 * abs(e - 4),
                train_loss=lambda e: 0.2 + 0.1 * abs(e - 4),
            )
            for run in NETWORKS
        )
    ),
    "both losses rise without a gap": both(
        *(
            source(
                run,
                validation_loss=lambda e: 0.3 + 0.1 * abs(e - 4),
                train_loss=lambda e: 0.2 + 0.1 * abs(e - 4),
                train_accuracy=lambda e: 0.9,
                validation_accuracy=lambda e: 0.9,
            )
            for run in NETWORKS
        )
    ),
    "no overfitting": each(
        NETWORKS,
        lambda run: source(
            run,
            validation_loss=lambda e: 2 / e,
            train_accuracy=lambda e: 0.9,
            validation_accuracy=lambda e: 0.9,
        ),
    ),
    "validation is easier": each(
        NETWORKS,
        lambda run: source(
            run,
            validation_loss=lambda e: 2 / e,
            train_accuracy=lambda e: 0.85,
            validation_accuracy=lambda e: 0.9,
        ),
    ),
    "only a gap": each(
        NETWORKS,
        lambda run: source(run, validation_loss=lambda e: 2 / e, train_accuracy=lambda e: 0.999),
    ),
    "letters only part": source(LETTERS, validation_loss=flat(0.3)),
    "sources at chance": each(
        NETWORKS, lambda run: source(run, validation_accuracy=lambda e: 0.03)
    ),
    "clothes at chance in the test": of_test(FASHION, 9100),
    "letters at chance in the validation": both(
        source(LETTERS, validation_accuracy=lambda e: 0.03), of_test(LETTERS, 500)
    ),
    "clothes diverge": diverged(FASHION, 7),
    "perfect sources": each(NETWORKS, lambda run: source(run, validation_accuracy=lambda e: 1.0)),
    "scored on other samples": every_result(
        NETWORKS, evaluations=lambda es: tuple(replace(e, split="test") for e in es)
    ),
}
"""Of the data, the networks, and those that the variants start from."""

SOURCES_EDITS: Mapping[str, Edit] = {
    "another seed of the letters": other_seed,
    "two repetitions": repeated(2),
    "two modules learn first": respecified(other_head, "from_fashion", "from_letters"),
}

TRANSFER: Mapping[str, Mutation] = {
    # which variant is best
    "both sources help": both(
        scored("direct", swinging(2500, 90)),
        scored("from_fashion", swinging(1500, 80)),
        scored("from_letters", swinging(1000, 60)),
    ),
    "both help alike": both(
        scored("direct", swinging(2500, 90)), answering("from_fashion", "from_letters")
    ),
    "both help, and which more is in doubt": both(
        scored("direct", swinging(2500, 90)),
        scored("from_fashion", swinging(1020, 300)),
        scored("from_letters", lambda s: 1000 + 40 * s),
    ),
    "clothes help more": scored("from_fashion", swinging(700, 30)),
    "clothes harm": scored("from_fashion", swinging(3000, 200)),
    "letters harm": scored("from_letters", swinging(3000, 200)),
    "both harm": both(
        scored("from_fashion", swinging(3000, 200)), scored("from_letters", swinging(2600, 150))
    ),
    "both harm alike": both(
        scored("from_letters", swinging(3000, 200)), answering("from_fashion", "from_letters")
    ),
    "nobody is better": both(
        answering("from_fashion", "direct"), answering("from_letters", "direct")
    ),
    "clothes do not matter": answering("from_fashion", "direct"),
    "clothes do not matter, letters harm": both(
        answering("from_fashion", "direct"), scored("from_letters", swinging(3000, 200))
    ),
    "letters do not matter, clothes are in doubt": answering("from_letters", "direct"),
    "nothing is shown": both(
        scored("direct", lambda s: 1500),
        scored("from_fashion", swinging(1500, 300)),
        scored("from_letters", swinging(1490, 200)),
    ),
    "a little is shown": both(
        answering("from_letters", "from_fashion", 12), scored("direct", swinging(2900, 100))
    ),
    "a little harm is shown": both(
        answering("from_fashion", "direct", -12), answering("from_letters", "direct", -25)
    ),
    "a little help is shown": both(
        answering("from_fashion", "direct", 12), answering("from_letters", "direct", 25)
    ),
    "two tie for the last place": both(
        scored("direct", lambda s: 1500 + 10 * s), scored("from_fashion", lambda s: 1610 - 10 * s)
    ),
    "two tie for the first place": both(
        scored("from_letters", lambda s: 1500 + 10 * s),
        scored("from_fashion", lambda s: 1610 - 10 * s),
        scored("direct", swinging(2500, 90)),
    ),
    "direct is best": scored("direct", swinging(500, 30)),
    "the ranges meet": both(
        scored("direct", lambda s: 1500),
        scored("from_fashion", lambda s: 1510),
        scored("from_letters", lambda s: 1510 if s == 1 else 1400),
    ),
    "the ranges overlap": scored("from_letters", swinging(1450, 200)),
    "nothing depends on the sample": both(
        scored("direct", lambda s: 1500),
        scored("from_fashion", lambda s: 1600),
        scored("from_letters", lambda s: 900),
    ),
    "two spread alike": both(
        scored("direct", lambda s: 1500 + 30 * s), scored("from_fashion", lambda s: 1700 + 30 * s)
    ),
    "letters never fail": scored("from_letters", lambda s: 0),
    "one repetition fails badly": tested("direct", 7, 9000),
    # one repetition alone
    "the first repetition agrees": tested("from_fashion", 1, 1850),
    "the first repetition says the contrary": both(
        scored("from_fashion", swinging(2000, 100)), tested("from_fashion", 1, 900)
    ),
    "the first repetition hides it": both(
        tested("from_letters", 1, 1850), tested("from_fashion", 1, 1860)
    ),
    "the first repetition takes them for alike": answering("from_fashion", "direct", seeds=[1]),
    "the first repetition takes doubtful ones for alike": both(
        scored("from_fashion", swinging(1550, 500)),
        answering("from_fashion", "direct", seeds=[1]),
    ),
    "the first repetition takes alike for different": both(
        answering("from_fashion", "direct"), tested("from_fashion", 1, 1900)
    ),
    "the first repetition is in doubt about alike": both(
        answering("from_fashion", "direct"), tested("from_fashion", 1, 1870)
    ),
    "the first repetition takes them for different": tested("from_fashion", 1, 2600),
    # curves
    "nothing is fitted": all_curves(train_accuracy=lambda e: 0.95),
    "direct is not fitted": by_seed("direct", train_accuracy=lambda s: lambda e: 0.95),
    "nearly all is fitted": by_seed("direct", train_accuracy=lambda s: lambda e: 0.99),
    "no gap": all_curves(train_accuracy=lambda e: 0.7),
    "one loss rises": by_seed("direct", validation_loss=rising([4]), train_loss=falling),
    "some losses rise": both(
        by_seed("direct", validation_loss=rising([4, 5]), train_loss=falling),
        by_seed("from_letters", validation_loss=rising([2]), train_loss=falling),
    ),
    "the losses of a variant rise": by_seed(
        "from_fashion", validation_loss=rising(range(11)), train_loss=falling
    ),
    "all losses rise": all_curves(validation_loss=rising([0])(0), train_loss=lambda e: 2 / e),
    "the best epoch is early": all_curves(validation_accuracy=lambda e: 0.85 if e == 20 else 0.8),
    "the best epoch of direct is early": by_seed(
        "direct", validation_accuracy=lambda s: lambda e: 0.85 if e == 20 else 0.8
    ),
    "all are stuck": stuck(*of_all()),
    "direct is stuck": stuck(*DIRECT),
    "one repetition is stuck": stuck(RunId("direct", "", 3)),
    "nine repetitions are stuck": stuck(*of_all("from_letters")[1:]),
    "one repetition diverges": diverged(DIRECT[4], 20),
    "repetitions diverge": both(
        diverged(DIRECT[4], 20), diverged(DIRECT[7], 30), diverged(of_all("from_letters")[2], 40)
    ),
    "the first repetition diverges": diverged(DIRECT[0], 15),
    "a repetition is lost": lost(DIRECT[6]),
    "the first repetition is at chance": changes.curves(
        DIRECT[0], 50, validation_accuracy=lambda e: 0.1
    ),
    "scored on other samples": every_result(
        of_all(), evaluations=lambda es: tuple(replace(e, split="test") for e in es)
    ),
    # phases
    "the second phase harms": both_second_phases(lambda s: -0.02),
    "the second phase harms a little": both_second_phases(lambda s: -0.002),
    "the second phase helps a little": both_second_phases(lambda s: 0.002),
    "the second phase does nothing": both_second_phases(lambda s: 0.0),
    "the second phase is in doubt": both_second_phases(lambda s: 0.03 if s % 2 else -0.03),
    "the second phase mostly helps": both_second_phases(lambda s: -0.001 if s == 4 else 0.02),
    "the second phase helps clothes only": second_phase("from_letters", lambda s: -0.02),
    "the second phase helps letters only": second_phase("from_fashion", lambda s: 0.0),
    "fewer images": every_result(of_all(), data=fewer),
}
"""Of the variants, over their repetitions."""

TRANSFER_EDITS: Mapping[str, Edit] = {
    "two repetitions": repeated(2),
    "six repetitions": repeated(6),
    "fewer repetitions from clothes": repeated(8, "from_fashion"),
    "fewer repetitions from letters": repeated(9, "from_letters"),
    "each epoch is measured": every_epoch,
    "larger batches": respecified(trained(batch_size=20), "direct", "from_fashion", "from_letters"),
    "another rate": respecified(with_rate(0, 0.01), "direct", "from_fashion", "from_letters"),
    "another second rate": respecified(with_rate(1, 0.0005), "from_fashion", "from_letters"),
    "other phases": respecified(with_phases(HEAD_ONLY - 5, 20), "from_fashion", "from_letters"),
}

FILTERS: Mapping[str, Mutation] = {
    "all images surpass the real ones": filters(above),
    "one image does not": filters(only(below, 3), MAXIMIZED[0]),
    "no image does": filters(below),
    "none of two layers does": both(
        filters(above), filters(below, MAXIMIZED[1]), filters(below, MAXIMIZED[4])
    ),
    "none of a layer does": filters(below, MAXIMIZED[3]),
    "one of a layer does": both(
        filters(above), filters(lambda f: (above if f.number == 2 else below)(f), MAXIMIZED[0])
    ),
    "one image of all does not": both(filters(above), filters(only(below, 7), MAXIMIZED[2])),
    "one filter is dead": filters(only(dead, 5), MAXIMIZED[0]),
    "some filters are dead": both(
        filters(only(dead, 5, 6), MAXIMIZED[1]), filters(only(dead, 2), MAXIMIZED[4])
    ),
    "all filters are dead": filters(dead),
    "the chosen filter is dead": filters(dead, (CHOSEN, "chosen"), (CHOSEN, "second")),
    "the chosen image is weak": filters(below, (CHOSEN, "chosen")),
    "no real image moves the chosen filter": filters(
        lambda f: replace(f, real=0.0), (CHOSEN, "chosen")
    ),
    "the chosen filter was weaker": filters(
        lambda f: replace(f, activation=1.0), (LETTERS, "second")
    ),
    "the chosen filter was as strong": filters(
        lambda f: replace(f, activation=2.0), (LETTERS, "second"), (CHOSEN, "chosen")
    ),
    "the chosen filter was dead": filters(dead, (LETTERS, "second")),
    "another filter is strongest": filters(
        lambda f: replace(f, activation=50.0) if f.number == 9 else f, MAXIMIZED[2]
    ),
    "another effort": every_result(
        EVERY,
        maximized=lambda ls: tuple(replace(x, steps=128, weight=0.5, n_filters=64) for x in ls),
    ),
    "another regulariser": every_result(
        EVERY, maximized=lambda ls: tuple(replace(x, regularizer="l2", weight=0.5) for x in ls)
    ),
    "no regulariser": every_result(
        EVERY, maximized=lambda ls: tuple(replace(x, regularizer="none", weight=0.0) for x in ls)
    ),
    "other clothes": named(FASHION, "openmoji"),
    "other layers": every_result(
        EVERY, maximized=lambda ls: tuple(replace(x, layer=f"{x.layer}b") for x in ls)
    ),
    "another filter is chosen": filters(lambda f: replace(f, number=6), (CHOSEN, "chosen")),
}
"""Of the images that maximise filters."""
