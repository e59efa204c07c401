from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from reportgen.errors import ModelError
from reportgen.spec.training import CenterCrop, HorizontalFlip, RandomCrop, RandomShift, Resize
from reportgen.training.augmentation import build_augmentation, build_preparation
from reportgen.training.image_size import prepared_shape, prepared_size

RESIZE, CROP, CENTER = Resize(resize=224), RandomCrop(random_crop=192), CenterCrop(center_crop=192)
FLIP, SHIFT = HorizontalFlip(horizontal_flip=0.5), RandomShift(random_shift=4)


@pytest.mark.parametrize(
    ("steps", "size", "expected"),
    [
        ((), (30, 40), (30, 40)),
        ((FLIP, SHIFT), (30, 40), (30, 40)),
        ((RESIZE,), (100, 150), (224, 336)),  # 224 × 150 / 100
        ((RESIZE,), (451, 300), (336, 224)),  # 224 × 451 / 300 = 336.7
        ((RESIZE, CROP, FLIP), (100, 150), (192, 192)),
        ((CENTER,), (192, 200), (192, 192)),
    ],
)
def test_the_size_is_that_of_both_forms_of_the_steps(steps, size, expected):
    assert prepared_size(steps, *size) == expected
    images = torch.zeros(1, *size, 1, dtype=torch.uint8)
    for change in (build_augmentation(steps), build_preparation(steps)):
        if change is not None:
            assert tuple(change(images).shape[1:3]) == expected


def test_the_shape_is_the_networks():
    assert prepared_shape((RESIZE, CROP), (3, 300, 400)) == (3, 192, 192)


@pytest.mark.parametrize(("step", "name"), [(CROP, "random_crop"), (CENTER, "center_crop")])
def test_a_crop_larger_than_the_image_is_refused(step, name):
    with pytest.raises(ModelError) as caught:
        prepared_size((FLIP, step), 191, 300)
    assert str(caught.value).startswith(
        f"training.augmentation[1]: a {name} of 192 needs an image at least as large, "
        "but it is 191×300 there"
    )


def test_the_size_is_found_without_torch():
    script = "import sys, reportgen.training.image_size\nsys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
