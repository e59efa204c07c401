from __future__ import annotations

import torch
from torch import nn

from reportgen.models.study_class import build_model
from reportgen.models.summary import summarize_model
from reportgen.records import LayerRow, ModelSummary
from reportgen.spec.network import StudyModel
from tests.training.toy import phase

MIB = 1 << 20


def summary(model: nn.Module, shape=(1, 28, 28), phases=None) -> ModelSummary:
    return summarize_model(
        model, shape, phases or [phase(1)], source="class …", source_file="models.py", source_line=7
    )


def test_simple_cnn_has_the_parameters_of_the_assignment(project):
    file = project / "experiments" / "practica1" / "models.py"
    model = build_model(file, StudyModel.model_validate({"class": "SimpleCNN"}), seed=0)
    found = summary(model)
    assert {row.name: row.trainable for row in found.layers if row.trainable} == {
        "conv1": 320,  # 32 × (1 × 3 × 3 + 1)
        "conv2": 9248,  # 32 × (32 × 3 × 3 + 1)
        "fc1": 802_944,  # 128 × (32 × 14 × 14 + 1)
        "fc2": 1290,  # 10 × (128 + 1)
    }
    assert (found.n_trainable, found.n_frozen, found.n_outputs) == (813_802, 0, 10)
    assert found.input_bytes == 28 * 28 * 4
    assert found.parameter_bytes == 813_802 * 4
    # two convolutions and their ReLUs, pool, dropout, flatten, fc1 + ReLU + dropout, fc2
    values = 4 * 32 * 28 * 28 + 3 * 32 * 14 * 14 + 3 * 128 + 10
    assert found.activation_bytes == 2 * 4 * values
    assert found.layers[0] == LayerRow("conv1", "Conv2d", (32, 28, 28), 320, 0, 0)
    assert found.printed == repr(model)
    assert (found.name, found.source_file, found.source_line) == ("SimpleCNN", "models.py", 7)


class EmojiNet(nn.Module):
    """A network of an emoji study, with functional ReLUs."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3, stride=2, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.fc1 = nn.Linear(4096, 256)
        self.fc2 = nn.Linear(256, 5)

    def forward(self, x):
        x = torch.relu(self.conv2(self.pool(torch.relu(self.conv1(x)))))
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


def test_sizes_are_those_that_torchsummary_prints():
    """Input 0.01 MB, forward/backward 0.11, parameters 4.08, total 4.20."""
    found = summary(EmojiNet(), (3, 32, 32))
    assert [row.trainable for row in found.layers] == [896, 0, 18_496, 1_048_832, 1285]
    sizes = [found.input_bytes, found.activation_bytes, found.parameter_bytes]
    assert [round(size / MIB, 2) for size in [*sizes, sum(sizes)]] == [0.01, 0.11, 4.08, 4.20]


def test_running_statistics_are_buffers_and_the_step_counter_is_none():
    """TomiNet: 12 986 numbers, 12 890 trainable and 96 running statistics."""
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(32),
        nn.Conv2d(32, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(16),
        nn.Flatten(),
        nn.Linear(784, 10),
    )
    found = summary(model)
    assert (found.n_trainable, found.n_buffers) == (12_890, 96)
    assert found.layers[3] == LayerRow("3", "BatchNorm2d", (32, 14, 14), 64, 0, 64)
    assert int(model[3].num_batches_tracked) == 0


def test_a_module_called_twice_has_two_rows_and_counts_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(4, 4)

        def forward(self, x):
            return self.dense(self.dense(x.flatten(1)))

    found = summary(Twice(), (1, 2, 2))
    assert [(row.name, row.trainable) for row in found.layers] == [("dense", 20), ("dense", 0)]
    assert found.n_trainable == 20
    assert found.activation_bytes == 2 * 4 * (4 + 4)


def test_tied_weights_count_at_their_first_use():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 4), nn.Linear(4, 4))
    model[2].weight = model[1].weight
    found = summary(model, (1, 2, 2))
    assert [row.trainable for row in found.layers] == [0, 20, 4]
    assert found.n_trainable == 24
    assert found.parameter_bytes == 24 * 4


def test_trainable_is_what_some_phase_trains():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 4), nn.Linear(4, 3), nn.Linear(3, 2))
    model[2].bias.requires_grad_(False)  # the network's own choice holds in every phase
    found = summary(model, (1, 2, 2), [phase(1, train=("3",)), phase(1, train=("2",))])
    assert [(row.trainable, row.frozen) for row in found.layers] == [
        (0, 0),
        (0, 20),
        (12, 3),
        (8, 0),
    ]
    assert (found.n_trainable, found.n_frozen) == (20, 23)


def test_a_tuple_of_outputs_counts_with_its_first():
    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(4, 3)

        def forward(self, x):
            x = x.flatten(1)
            return self.dense(x), x

    assert summary(Pair(), (1, 2, 2)).n_outputs == 3


def test_the_hooks_and_modes_are_left_as_they_were():
    model = nn.Sequential(nn.Flatten(), nn.Dropout())
    summary(model, (1, 2, 2))
    assert not any(module._forward_hooks for module in model.modules())
    assert model[1].training


def test_without_a_phase_nothing_is_trained():
    found = summarize_model(
        nn.Sequential(nn.Flatten(), nn.Linear(4, 3)),
        (1, 2, 2),
        (),
        source="",
        source_file="",
        source_line=0,
        weights="file:a.safetensors",
        weights_fingerprint="ab",
    )
    assert (found.n_trainable, found.n_frozen) == (0, 4 * 3 + 3)
    assert found.layers[1] == LayerRow("1", "Linear", (3,), 0, 15, 0)
    assert (found.weights, found.weights_fingerprint) == ("file:a.safetensors", "ab")


def test_a_convolution_that_pads_by_a_part_is_one_layer():
    """3·3·2·4 weights; the padding has none, and no row."""

    class Padded(nn.Conv2d):
        def __init__(self):
            super().__init__(2, 4, 3, bias=False)
            self.pad = nn.ZeroPad2d(1)

        def forward(self, x):
            return super().forward(self.pad(x))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = Padded()
            self.head = nn.Linear(4, 3)

        def forward(self, x):
            return self.head(self.conv(x).mean((2, 3)))

    found = summary(Net(), (2, 5, 5))
    rows = [(row.name, row.output_shape, row.trainable) for row in found.layers]
    assert rows == [("conv", (4, 5, 5), 72), ("head", (3,), 15)]


def test_parameters_beside_parts_that_have_some_count_in_a_row_of_their_own():
    """A scale of 3 values over a layer of 2·3 + 3: both have a row, the scale after its part."""

    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(3))
            self.inner = nn.Linear(2, 3)

        def forward(self, x):
            return self.inner(x) * self.scale

    found = summary(nn.Sequential(nn.Flatten(), Scaled()), (2, 1, 1))
    assert [(row.name, row.trainable) for row in found.layers] == [
        ("0", 0),
        ("1.inner", 9),
        ("1", 3),
    ]
