"""The designs of the text network that were compared at equal training time; docs/DESIGNS.md has the table."""

from recognizer.net.text import TextNetConfig

SHIPPED = "dense"


def design(name: str, classes: int) -> TextNetConfig:
    """The config of a design by name. Raises KeyError for an unknown one."""
    return DESIGNS[name](classes)


def _separable(classes: int) -> TextNetConfig:
    return TextNetConfig(classes=classes)


def _dense(classes: int) -> TextNetConfig:
    return TextNetConfig(
        classes=classes, block="dense", stages=((48, 2), (96, 2)), context_kind="dense", dilations=(1, 2, 1, 2)
    )


def _recurrent(classes: int) -> TextNetConfig:
    return TextNetConfig(
        classes=classes, block="dense", stages=((48, 2), (96, 2)), context_kind="recurrent", dilations=(1, 1)
    )


def _attention(classes: int) -> TextNetConfig:
    return TextNetConfig(
        classes=classes, block="dense", stages=((48, 2), (96, 2)), context_kind="attention", dilations=(1, 1)
    )


DESIGNS = {"separable": _separable, "dense": _dense, "recurrent": _recurrent, "attention": _attention}
