"""Las redes del estudio: llevan imágenes (n, canales, alto, ancho) a salidas (n, clases)."""

import torch
from torch import nn


class Net(nn.Module):
    """Dos convoluciones, cada una con su reducción, y dos capas densas.

    `channels` y `side` son los canales y el lado de las imágenes, que son cuadradas.
    """

    def __init__(
        self, channels: int, side: int, n_classes: int, width: int = 16, hidden: int = 64
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, kernel_size=3, padding=1)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(width, 2 * width, kernel_size=3, padding=1)
        self.pool2 = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(2 * width * (side // 4) ** 2, hidden)
        self.fc2 = nn.Linear(hidden, n_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.pool1(self.conv1(x)))
        x = torch.relu(self.pool2(self.conv2(x)))
        x = torch.relu(self.fc1(self.flatten(x)))
        return self.fc2(x)
