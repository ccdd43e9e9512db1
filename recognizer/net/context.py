"""The context part of the text network: lets each column know its neighbours. (n, c, 1, w) -> (n, c, 1, w) everywhere."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from recognizer.net.visual import norm_act


class Context(nn.Module):
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
        """See the class."""
        return x + self.layers(x)


def separable_context(channels: int, dilations: Sequence[int]) -> nn.Sequential:
    """One separable layer per dilation."""
    return nn.Sequential(*(Context(channels, dilation, separable=True) for dilation in dilations))


def dense_context(channels: int, dilations: Sequence[int]) -> nn.Sequential:
    """One dense layer per dilation."""
    return nn.Sequential(*(Context(channels, dilation, separable=False) for dilation in dilations))


class Recurrent(nn.Module):
    """Bidirectional LSTM layers, half of the channels per direction."""

    def __init__(self, channels: int, layers: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(channels, channels // 2, layers, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        """See the module."""
        return self.lstm(x[:, :, 0].transpose(1, 2))[0].transpose(1, 2)[:, :, None]


class SelfAttention(nn.Module):
    """Transformer layers (Vaswani et al., 2017), each behind a depthwise convolution that tells positions apart."""

    def __init__(self, channels: int, layers: int, heads: int = 4) -> None:
        super().__init__()
        self.layers = nn.ModuleList(AttentionLayer(channels, heads) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        """See the module."""
        rows = x[:, :, 0].transpose(1, 2)
        for layer in self.layers:
            rows = layer(rows)
        return rows.transpose(1, 2)[:, :, None]


class AttentionLayer(nn.Module):
    """Where, then whom to look at, then what to make of it. (n, w, c) -> (n, w, c)."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.where = nn.Conv1d(channels, channels, 7, padding=3, groups=channels)
        self.norm, self.norm_mlp = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.queries_keys_values = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)
        self.mlp = nn.Sequential(nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        count, width, channels = x.shape
        x = x + self.where(x.transpose(1, 2)).transpose(1, 2)
        heads = self.queries_keys_values(self.norm(x)).view(count, width, 3, self.heads, channels // self.heads)
        queries, keys, values = torch.unbind(heads.permute(2, 0, 3, 1, 4))
        seen = functional.scaled_dot_product_attention(queries, keys, values).transpose(1, 2)
        x = x + self.out(seen.reshape(count, width, channels))
        return x + self.mlp(self.norm_mlp(x))
