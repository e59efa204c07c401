"""Las redes de la práctica 1."""

import torch
from torch import nn


class SimpleCNN(nn.Module):
    """Dos convoluciones, una reducción y dos capas densas para dígitos de 28×28.

    Con los valores por defecto es la red del enunciado. `width` son los canales
    de cada convolución, `hidden` las unidades de la capa densa intermedia y
    `pool` el lado de las ventanas de la reducción.
    """

    def __init__(
        self, width: int = 32, hidden: int = 128, pool: int = 2, n_classes: int = 10
    ) -> None:
        super().__init__()
        side = 28 // pool
        self.conv1 = nn.Conv2d(1, width, kernel_size=3, padding=1)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1)
        self.relu2 = nn.ReLU()
        self.pool = nn.MaxPool2d(pool)
        self.drop1 = nn.Dropout(0.25)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(width * side * side, hidden)
        self.relu3 = nn.ReLU()
        self.drop2 = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, n_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu1(self.conv1(x))
        x = self.relu2(self.conv2(x))
        x = self.flatten(self.drop1(self.pool(x)))
        x = self.drop2(self.relu3(self.fc1(x)))
        return self.fc2(x)


class AlexNet(nn.Module):
    """AlexNet para imágenes en color de 32×32: cinco convoluciones y tres capas densas.

    Cada reducción va antes de su ReLU, que así recorre la cuarta parte de los valores.
    """

    def __init__(self, n_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 48, kernel_size=5, stride=2, padding=2)
        self.pool1 = nn.MaxPool2d(2)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(48, 128, kernel_size=5, padding=2)
        self.pool2 = nn.MaxPool2d(2)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(128, 192, kernel_size=3, padding=1)
        self.relu3 = nn.ReLU()
        self.conv4 = nn.Conv2d(192, 192, kernel_size=3, padding=1)
        self.relu4 = nn.ReLU()
        self.conv5 = nn.Conv2d(192, 128, kernel_size=3, padding=1)
        self.pool5 = nn.MaxPool2d(2)
        self.relu5 = nn.ReLU()
        self.flatten = nn.Flatten()
        self.drop1 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(512, 2048)
        self.relu6 = nn.ReLU()
        self.drop2 = nn.Dropout(0.5)
        self.fc2 = nn.Linear(2048, 2048)
        self.relu7 = nn.ReLU()
        self.fc3 = nn.Linear(2048, n_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu1(self.pool1(self.conv1(x)))
        x = self.relu2(self.pool2(self.conv2(x)))
        x = self.relu3(self.conv3(x))
        x = self.relu4(self.conv4(x))
        x = self.relu5(self.pool5(self.conv5(x)))
        x = self.drop1(self.flatten(x))
        x = self.drop2(self.relu6(self.fc1(x)))
        return self.fc3(self.relu7(self.fc2(x)))
