"""La red de la memoria, con lo que sus pruebas cambian."""

import torch
from torch import nn
from torch.nn import functional


class EmojiNet(nn.Module):
    """Convoluciones de 3×3, las primeras con reducción, y dos capas densas, para 32×32 en color.

    `channels` son los canales de salida de cada convolución; `stride`, el paso de la
    primera; `padding`, el relleno de todas; `pools`, cuántas llevan detrás una reducción
    de 2×2; `activation`, la función de activación.
    """

    def __init__(
        self,
        channels: tuple[int, ...] = (16, 32, 64),
        stride: int = 1,
        padding: int = 0,
        pools: int = 2,
        activation: str = "relu",
        n_classes: int = 5,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.convs = nn.ModuleList()
        self.pools = nn.ModuleList()
        side, before = 32, 3
        for i, width in enumerate(channels):
            step = stride if i == 0 else 1
            self.convs.append(nn.Conv2d(before, width, 3, stride=step, padding=padding))
            side = (side + 2 * padding - 3) // step + 1
            if i < pools:
                self.pools.append(nn.MaxPool2d(2))
                side //= 2
            before = width
        self.fc1 = nn.Linear(before * side * side, 256)
        self.fc2 = nn.Linear(256, n_classes)

    def activate(self, x: torch.Tensor) -> torch.Tensor:
        """Return the activation of each value; softmax is over channels or units."""
        if self.activation == "relu":
            return functional.relu(x)
        return torch.sigmoid(x) if self.activation == "sigmoid" else functional.softmax(x, dim=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for i, conv in enumerate(self.convs):
            x = self.activate(conv(x))
            if i < len(self.pools):
                x = self.pools[i](x)
        return self.fc2(self.activate(self.fc1(x.flatten(1))))
