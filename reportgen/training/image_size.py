"""The size of images after the steps that come before the network; needs no torch."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.errors import Fault, ModelError
from reportgen.spec.training import Augmentation, CenterCrop, RandomCrop, Resize


def prepared_size(steps: Sequence[Augmentation], height: int, width: int) -> tuple[int, int]:
    """Return height and width of an image after all steps, in training and evaluation alike.

    Raises
    ------
    ModelError
        If a crop is larger than the image that reaches it.

    Examples
    --------
    >>> prepared_size((Resize(resize=50), CenterCrop(center_crop=48)), 100, 150)
    (48, 48)
    """
    for index, step in enumerate(steps):
        if isinstance(step, Resize):
            height, width = resized(height, width, step.resize)
        elif isinstance(step, RandomCrop | CenterCrop):
            side = crop_side(step)
            if side > min(height, width):
                name = next(iter(step.model_fields_set))
                msg = (
                    f"training.augmentation[{index}]: a {name} of {side} needs an image at least "
                    f"as large, but it is {height}×{width} there (height × width); put "
                    f"{{resize: {side}}} before it, or crop less"
                )
                raise ModelError(faults=[Fault("", 0, 0, msg)])
            height = width = side
    return height, width


def prepared_shape(
    steps: Sequence[Augmentation], shape: tuple[int, int, int]
) -> tuple[int, int, int]:
    """Return channels, height and width of an image as the network gets it."""
    channels, height, width = shape
    return channels, *prepared_size(steps, height, width)


def resized(height: int, width: int, shorter: int) -> tuple[int, int]:
    """Return the size that has this shorter side, the longer one rounded down.

    Examples
    --------
    >>> resized(100, 151, 50), resized(10, 20, 15)
    ((50, 75), (15, 30))
    """
    if height <= width:
        return shorter, shorter * width // height
    return shorter * height // width, shorter


def crop_side(step: RandomCrop | CenterCrop) -> int:
    """Return the side of the square that a crop leaves."""
    return step.random_crop if isinstance(step, RandomCrop) else step.center_crop
