"""The context part of the text network: lets each column know the others. (n, c, 1, w) -> (n, c, 1, w) everywhere."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.net.visual import norm_act


class ConvolutionLayer(nn.Module):
    """A residual dilated convolution along the line: depthwise with a 1x1 behind it, or dense."""

    def __init__(self, channels: int, dilation: int, *, separable: bool) -> None:
        super().__init__()
        if separable:
            self.layers = nn.Sequential(
                nn.Conv2d(channels, channels, (1, 7), 1, (0, 3 * dilation), (1, dilation), channels, bias=False),
                norm_act(channels),
                nn.Conv2d(channels, channels, 1, bias=False),
                norm_act(channels),
            )
        else:
            self.layers = nn.Sequential(
                nn.Conv2d(channels, channels, (1, 5), 1, (0, 2 * dilation), (1, dilation), bias=False),
                norm_act(channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        """See the module."""
        return x + self.layers(x)


class Recurrent(nn.Module):
    """Bidirectional LSTM layers, half of the channels per direction."""

    def __init__(self, channels: int, layers: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(channels, channels // 2, layers, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        """See the module."""
        return self.lstm(x[:, :, 0].transpose(1, 2))[0].transpose(1, 2)[:, :, None]


class AttentionLayer(nn.Module):
    """A transformer layer (Vaswani et al., 2017) behind a depthwise convolution that tells it where it is."""

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.where = nn.Conv1d(channels, channels, 7, padding=3, groups=channels)
        self.norm, self.norm_mlp = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.queries_keys_values = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)
        self.mlp = nn.Sequential(nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        """See the module."""
        line = x[:, :, 0]
        rows = (line + self.where(line)).transpose(1, 2)
        rows = rows + self.out(self._seen(self.norm(rows)))
        rows = rows + self.mlp(self.norm_mlp(rows))
        return rows.transpose(1, 2)[:, :, None]

    def _seen(self, rows: Tensor) -> Tensor:
        """What each column gathers from all others, (n, w, c) -> (n, w, c)."""
        count, width, channels = rows.shape
        heads = self.queries_keys_values(rows).view(count, width, 3, self.heads, channels // self.heads)
        queries, keys, values = torch.unbind(heads.permute(2, 0, 3, 1, 4))
        seen = functional.scaled_dot_product_attention(queries, keys, values)
        return seen.transpose(1, 2).reshape(count, width, channels)
