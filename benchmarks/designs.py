"""Designs of the text network: each is trained for the same time, and scored on writers that tuning may look at."""

import argparse
import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from rich.console import Console
from rich.table import Table
from torch.utils.flop_counter import FlopCounterMode

from recognizer.alphabet import Alphabet
from recognizer.network import Network
from training.designs import DESIGNS, design
from training.evaluate import held_out
from training.fit import FitSettings, Training, fit
from training.mix import drawn_corpora, shared_corpora, weighted
from training.net.outcome import OutcomeHead, OutcomeHeadConfig
from training.net.text import TextNet
from training.pack import LineNet, graph_of
from training.quantize import quantized

SHOWN = ("mnist_strings", "glyphs", "unipen_7", "unipen_8", "dhsd", "copiste")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the optional shared data folder")
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--designs", nargs="*", default=list(DESIGNS), choices=list(DESIGNS))
    args = parser.parse_args()
    torch.set_num_threads(1)
    alphabet = Alphabet()
    mix = weighted(shared_corpora(args.data, "train", alphabet) + drawn_corpora("train"))
    tune = held_out(shared_corpora(args.data, "tune", alphabet), 200)
    table = Table("design", "parameters", "MFLOP", "served ms", "lines seen", *(f"CER {name}" for name in SHOWN))
    for name in args.designs:
        with TemporaryDirectory() as folder:
            training = Training(
                design(name, len(alphabet)), FitSettings(minutes=args.minutes, evaluate_seconds=1e9), Path(folder)
            )
            scores = fit(training, mix, alphabet, tune, lambda step, metrics: None)
        errors = (f"{asdict(scores[source])['cer']:.1%}" for source in SHOWN if source in scores)
        table.add_row(name, *cost(training.average), f"{training.samples:,}", *errors)
        Console().print(table)


def cost(net: TextNet) -> tuple[str, str, str]:
    """Parameters that serve; multiplications and additions for a line of 256 px; its milliseconds in integers."""
    parameters = sum(p.numel() for name, p in net.named_parameters() if not name.startswith("shortcut_head"))
    line = torch.rand(1, 1, 32, 256)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        net.eval()(line)
    head = OutcomeHead(OutcomeHeadConfig(columns=net.config.context))
    served = Network(quantized(graph_of(LineNet(Alphabet(), net, head)), [(255 * line[0, 0]).byte().numpy()] * 8))
    times = []
    for _ in range(60):
        started = time.perf_counter()
        served(line.numpy())
        times.append(time.perf_counter() - started)
    return f"{parameters / 1e6:.2f} M", f"{counter.get_total_flops() / 1e6:.0f}", f"{1000 * sorted(times)[30]:.2f}"


if __name__ == "__main__":
    main()
