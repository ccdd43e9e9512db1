"""The designs of the text network that were compared at equal training time; docs/DESIGNS.md has the table."""

from training.net.text import TextNetConfig

SHIPPED = "hybrid"
NUMBERS = "numbers"
"""For a reader of few characters, which the comparison leaves out."""


def design(name: str, classes: int) -> TextNetConfig:
    """The config of a design by name. Raises KeyError for an unknown one."""
    return {**DESIGNS, NUMBERS: _numbers}[name](classes)


def _separable(classes: int) -> TextNetConfig:
    """What the first shipped bundle was: fewest multiplications."""
    return TextNetConfig(classes=classes)


def _dense(classes: int) -> TextNetConfig:
    """Dense convolutions everywhere."""
    return TextNetConfig(
        classes=classes, block="dense", stages=((48, 2), (96, 2)), context_kind="dense", dilations=(1, 2, 1, 2)
    )


def _recurrent(classes: int) -> TextNetConfig:
    """Dense convolutions to see, two LSTM layers for context."""
    return TextNetConfig(
        classes=classes, block="dense", stages=((48, 2), (96, 2)), context_kind="recurrent", dilations=(1, 1)
    )


def _attention(classes: int) -> TextNetConfig:
    """Dense convolutions to see, two transformer layers for context."""
    return TextNetConfig(
        classes=classes,
        block="dense",
        stages=((48, 2), (96, 2)),
        context_kind="dense",
        dilations=(),
        attention_layers=2,
    )


def _hybrid(classes: int) -> TextNetConfig:
    """Two dense layers and a transformer layer, narrower, so that a bundle stays under 8 MB."""
    return TextNetConfig(
        classes=classes,
        block="dense",
        stages=((48, 2), (96, 2)),
        context_kind="dense",
        context=208,
        dilations=(1, 2),
        attention_layers=1,
    )


def _numbers(classes: int) -> TextNetConfig:
    """A third of the hybrid's work, for the few characters that numbers have."""
    return TextNetConfig(
        classes=classes,
        block="dense",
        stem=16,
        stages=((32, 2), (64, 2)),
        context_kind="dense",
        context=128,
        dilations=(1, 2),
    )


DESIGNS = {
    "separable": _separable, "dense": _dense, "recurrent": _recurrent, "attention": _attention, "hybrid": _hybrid,
}  # fmt: skip
