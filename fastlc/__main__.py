"""The command line, ``python -m fastlc``: a demonstration on real images, the benchmark, and what this build uses."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import fastlc

from . import demo


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command in `argv` (default: the process's own arguments) and returns the exit status.

    0: done; 1: a check of the demo failed, or a result of the benchmark is wrong; 2: an argument or the data cannot be
    used; 130: stopped by Ctrl-C.
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    try:
        if argv[:1] == ["bench"]:  # all else is the runner's, --help too
            return _bench(argv[1:])
        args = _parser().parse_args(argv)
        if args.command == "info":
            fastlc.show_config()
            return 0
        return demo.main(args.data, args.epochs, args.batch_size, args.lr, args.seed, args.output)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fastlc",
        description="fastlc: linear classifiers (softmax, SVM and more), trained by C++ kernels under NumPy arrays.",
        epilog="'python -m fastlc COMMAND --help' explains the options of a command.",
    )
    parser.add_argument("--version", action="version", version=f"fastlc {fastlc.__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    run = commands.add_parser(
        "demo",
        help="train softmax and SVM classifiers of handwritten digits and draw what they learned",
        description="Trains two linear classifiers of images, softmax (cross-entropy) and SVM (multi-class hinge), by "
        "mini-batch SGD. Checks the losses and their gradients first; then prints accuracies, and the time of an epoch "
        "beside that of the NumPy reference; and saves one picture of the loss curves and the weights. Ctrl-C ends the "
        "training early and shows what it has so far.",
    )
    run.add_argument(
        "--data",
        type=_folder,
        metavar="DIR",
        help="folder of IDX files named as MNIST's, gzipped or not (default: the digits that scikit-learn carries)",
    )
    for name, kind, default, metavar, text in (
        ("--epochs", _count, demo.EPOCHS, "N", "passes over the training images"),
        ("--batch-size", _count, demo.BATCH_SIZE, "N", "images a step"),
        ("--lr", _rate, demo.LR, "X", "learning rate at the start, from where it falls to 0"),
        ("--seed", _seed, 0, "N", "seed of the shuffling, and of the split of the digits"),
        ("--output", _picture, "fastlc-demo.png", "FILE", "where to save the picture: .png, .pdf or .svg"),
    ):
        run.add_argument(name, type=kind, default=default, metavar=metavar, help=f"{text} (default: %(default)s)")
    commands.add_parser("bench", add_help=False, help="measure fastlc beside other libraries on this machine")
    commands.add_parser(
        "info",
        help="print version, compiler, instruction sets, threads and optional packages",
        description="Prints what fastlc was built with and what it uses on this machine. Please add it to bug reports.",
    )
    return parser


def _bench(argv: list[str]) -> int:
    """Runs benchmarks/run.py: the copy in an installed package, or that of the checkout which fastlc lies in."""
    package = Path(fastlc.__file__).parent
    folders = {"fastlc._benchmarks": package / "_benchmarks", "benchmarks": package.parent / "benchmarks"}
    found = next((name for name, folder in folders.items() if (folder / "run.py").is_file()), None)
    if found is None:
        print("fastlc bench: there is no run.py in " + " or ".join(map(str, folders.values())), file=sys.stderr)
        return 2
    if found == "benchmarks":
        sys.path.insert(0, str(package.parent))
    status: int = import_module(f"{found}.run").main(argv)
    return status


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a folder")
    return Path(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number >= 1, got {text!r}")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"expected a whole number >= 0 and < 2^32, got {text!r}")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise argparse.ArgumentTypeError(f"expected a finite number > 0, got {text!r}")
    return rate


def _picture(text: str) -> Path:
    path = Path(text)
    if path.suffix not in (".png", ".pdf", ".svg"):
        raise argparse.ArgumentTypeError(f"expected a file name that ends in .png, .pdf or .svg, got {text!r}")
    if not path.parent.is_dir() or path.is_dir() or not os.access(path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"cannot write {text!r}: is its folder there and writable?")
    return path


if __name__ == "__main__":
    sys.exit(main())
