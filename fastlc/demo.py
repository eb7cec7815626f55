"""The main job, ``python -m fastlc demo``: softmax and SVM classifiers of real images, checked, trained and drawn.

Everything a user of the library does, in order: load images, see that the losses at W = 0 and their gradients are
right, train by mini-batch SGD, measure, look at the weights. `train` is the part to copy.
"""

from __future__ import annotations

import importlib.util
import math
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import fastlc

from . import data, reference
from ._checks import integer, number
from ._files import whole
from .gradcheck import gradcheck
from .reference import Array
from .training import FitResult

LOSSES = {"cross_entropy": "softmax", "hinge": "hinge"}
EPOCHS, BATCH_SIZE, LR, MOMENTUM, WEIGHT_DECAY = 30, 32, 0.5, 0.9, 1e-5
_say = partial(print, flush=True)  # at once, also into a pipe


def train(
    X: Array,
    y: Array,
    *,
    loss: str,
    epochs: int = EPOCHS,
    batch_size: int = BATCH_SIZE,
    lr: float = LR,
    seed: int = 0,
    progress: bool = False,
) -> FitResult:
    """Trains W and b from 0 by mini-batch SGD with momentum, in shuffled order, at a rate that falls linearly to 0.

    Parameters
    ----------
    X : (N, D) float32 or float64
        Prepared as by `normalise`: the default rate suits rows of length about 1.
    y : (N,) integers
    loss : 'cross_entropy' or 'hinge'
    epochs, batch_size, seed : int
        The seed is that of the shuffling.
    lr : float
        The rate of the first batch.
    progress : bool
        Show a progress bar (tqdm) if standard error is a terminal.

    Returns
    -------
    FitResult
        On Ctrl-C with what was done so far, and `interrupted` set.

    Raises
    ------
    TypeError, ValueError
        As `fastlc.fit`.

    Examples
    --------
    >>> from fastlc.data import load_digits
    >>> from fastlc.demo import normalise, train
    >>> X, y, shape = load_digits()
    >>> X, X_test = normalise(X[:1500], X[1500:])
    >>> result = train(X, y[:1500], loss="hinge", epochs=5)
    >>> bool((result.predict(X_test) == y[1500:]).mean() > 0.88)
    True
    """
    epochs, batch_size, lr = integer(epochs, "epochs", 0), integer(batch_size, "batch_size", 1), number(lr, "lr")
    steps = epochs * -(-len(X) // batch_size)
    return fastlc.fit(
        X, y, loss=loss, epochs=epochs, batch_size=batch_size, lr=lambda step: lr * (1 - step / steps),
        momentum=MOMENTUM, weight_decay=WEIGHT_DECAY, seed=seed, progress=progress,
    )  # fmt: skip


def normalise(X: Array, X_test: Array) -> tuple[Array, Array]:
    """Centres each pixel and divides all by one number, so that training rows have a mean squared length of 1.

    One learning rate then suits images of any size. Means and number come from the training rows alone.

    Parameters
    ----------
    X : (N, D) float32 or float64
        Training rows.
    X_test : (M, D), dtype of X

    Returns
    -------
    X, X_test : new arrays

    Examples
    --------
    >>> import numpy as np
    >>> from fastlc.demo import normalise
    >>> normalise(np.array([[0.0, 3.0], [4.0, 3.0]]), np.array([[6.0, 3.0]]))
    (array([[-1.,  0.],
           [ 1.,  0.]]), array([[2., 0.]]))
    """
    mean = X.mean(axis=0, dtype=np.float64).astype(X.dtype)
    X, X_test = X - mean, X_test - mean
    length = math.sqrt(np.square(np.linalg.norm(X, axis=1), dtype=np.float64).mean()) or 1.0
    X /= X.dtype.type(length)
    X_test /= X.dtype.type(length)
    return X, X_test


def split_digits(seed: int) -> tuple[Array, NDArray[np.int64], Array, NDArray[np.int64], tuple[int, int]]:
    """UCI's digits as ``X, y, X_test, y_test, shape``; three quarters of each class, drawn by `seed`, for training."""
    from sklearn.model_selection import train_test_split

    X, y, shape = data.load_digits()
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.25, stratify=y, random_state=seed)
    return X, y, X_test, y_test, shape


def main(folder: Path | None, epochs: int, batch_size: int, lr: float, seed: int, output: Path) -> int:
    """The demo, printed step by step.

    Parameters
    ----------
    folder : path or None
        Of IDX files, see `fastlc.data.load_idx_folder`; None for UCI's digits.
    epochs, batch_size, lr, seed
        See `train`; the seed also splits the digits.
    output : path
        Of the picture.

    Returns
    -------
    int
        The exit status. 0: done; 1: a check failed; 2: a file or a package is missing or unfit; 130: Ctrl-C.
    """
    try:
        _require_extras(folder)
        X, y, X_test, y_test, shape = data.load_idx_folder(folder) if folder else split_digits(seed)
        C = int(y.max()) + 1
        if C < 2:
            raise ValueError(f"all training labels in {folder} are 0: nothing to tell apart")
    except (ImportError, OSError, ValueError) as error:
        return _fail(error)
    X, X_test = normalise(X, X_test)
    _say("1. Data:", folder or "UCI's handwritten digits, as scikit-learn carries them")
    _say(f"   {len(X)} training and {len(X_test)} test images of {shape[0]} x {shape[1]} pixels, {C} classes")
    _say("\n2. Losses at W = 0, where all classes look the same")
    good = _check_start(X, y, C)
    _say("\n3. Gradients against central differences, in float64")
    good = _check_gradients(X, y, C) and good
    if not good:
        _say("\nA check failed: this build computes wrong numbers. Please report it with 'python -m fastlc info'.")
        return 1

    _say(f"\n4. Training: {epochs} epochs in batches of {batch_size}, learning rate {lr:g} falling to 0")
    results: dict[str, FitResult] = {}
    numpy_seconds: dict[str, list[float]] = {}
    interrupted, few = False, 1 if X.size > 1_000_000 else 5
    try:
        for loss, name in LOSSES.items():
            result = train(X, y, loss=loss, epochs=epochs, batch_size=batch_size, lr=lr, seed=seed, progress=True)
            results[loss], numpy_seconds[loss] = result, []
            means = result.history["loss"]
            ends = f": mean loss {means[0]:.4f} -> {means[-1]:.4f}" if means else ""
            _say(f"   {name:8} {len(means)} epochs{ends}{', interrupted' if result.interrupted else ''}")
            if result.interrupted:
                raise KeyboardInterrupt
            for seconds in _time_reference(X, y, C, loss, few, batch_size, lr):
                numpy_seconds[loss].append(seconds)
    except KeyboardInterrupt:
        if not results:
            raise
        interrupted = True

    _say("\n5. Results")
    _say("   loss      train accuracy  test accuracy  ms/epoch: fastlc  NumPy reference  speed-up")
    titles = []
    for loss, result in results.items():
        ms = _median_ms(numpy_seconds[loss])
        accuracy, test_accuracy = (result.predict(X) == y).mean(), (result.predict(X_test) == y_test).mean()
        own_ms = _median_ms(result.history["seconds"])
        times = f"{own_ms:18.2f}{ms:17.2f}{ms / own_ms:9.1f}x".replace("nanx", "   -").replace("nan", "  -")
        _say(f"   {LOSSES[loss]:8}{accuracy:16.4f}{test_accuracy:15.4f}{times}")
        titles.append(f"{LOSSES[loss]}: {test_accuracy:.1%} of the test images right")
    try:
        _draw(results, titles, shape, output)
    except OSError as error:
        return _fail(error)
    _say(f"\n6. Picture: {output}")
    return 130 if interrupted else 0


def _check_start(X: Array, y: Array, C: int) -> bool:
    """At W = 0 softmax costs ln C and the hinge C − 1, whatever the data: the first thing to look at in training."""
    W, b = np.zeros((C, X.shape[1]), X.dtype), np.zeros(C, X.dtype)
    good = True
    for loss, formula in (("cross_entropy", "ln C"), ("hinge", "C - 1")):
        value, expected = fastlc.LOSSES[loss].linear(X, y, W, b, grad=False), _loss_at_zero(loss, C)
        right = math.isclose(value, expected, rel_tol=1e-5, abs_tol=1e-6)
        _say(f"   {LOSSES[loss]:8} {value:.6f}   {formula:5} = {expected:.6f}   {'ok' if right else 'WRONG'}")
        good = good and right
    return good


def _loss_at_zero(loss: str, C: int) -> float:
    return math.log(C) if loss == "cross_entropy" else C - 1.0


def _check_gradients(X: Array, y: Array, C: int) -> bool:
    """Both losses at random weights, on a few rows."""
    rng, X, y = np.random.default_rng(0), X[:16].astype(np.float64), y[:16]
    W, b = rng.normal(size=(C, X.shape[1])), rng.normal(size=C)
    good = True
    for loss, name in LOSSES.items():
        result = gradcheck(fastlc.LOSSES[loss].linear, X, y, W, b)
        _say(
            f"   {name:8} largest relative error {result.max_error:.1e}   {'ok' if result else result.verdict.upper()}"
        )
        good = good and result.ok
    return good


def _time_reference(X: Array, y: Array, C: int, loss: str, epochs: int, batch_size: int, lr: float) -> Iterator[float]:
    """Seconds that each epoch takes in NumPy."""
    W, b, rng = np.zeros((C, X.shape[1]), X.dtype), np.zeros(C, X.dtype), np.random.default_rng(0)
    epoch = partial(reference.sgd_epoch, X, y, W, b, loss=loss, lr=lr, batch_size=batch_size)
    state = fastlc.SGDState(W, b)
    for _ in range(epochs):
        order, start = rng.permutation(len(X)), time.perf_counter()
        epoch(order=order, state=state, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
        yield time.perf_counter() - start


def _median_ms(seconds: list[float]) -> float:
    return 1e3 * float(np.median(seconds)) if seconds else math.nan


def _draw(results: dict[str, FitResult], titles: list[str], shape: tuple[int, int], output: Path) -> None:
    """A line a loss: its curve from W = 0 on, beside its weight rows as images."""
    from matplotlib.figure import Figure

    from . import plot

    figure = Figure(figsize=(10, 3.4 * len(results)))
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.1)
    parts = figure.subfigures(len(results), 1, squeeze=False)[:, 0]
    for part, (loss, result), title in zip(parts, results.items(), titles, strict=True):
        C, losses = len(result.W), result.history["loss"]
        curve, images = part.subplots(1, 2, width_ratios=(1, 1.6))
        plot.learning_curve({"train": [_loss_at_zero(loss, C), *losses]}, curve, first_epoch=0, log=True)
        plot.templates(result.W, shape, ax=images, columns=min(10, -(-C // 2)))
        curve.set_title("Loss of the training images, from W = 0 on", fontsize="medium", pad=10)
        images.set_title("Rows of W: red pixels speak for the class, blue against it", fontsize="medium", pad=10)
        part.suptitle(title, x=0.02, ha="left", fontweight="bold", fontsize="x-large")
    with whole(output) as file:
        figure.savefig(file, dpi=150)


def _require_extras(folder: Path | None) -> None:
    packages = {"matplotlib": "Matplotlib", "tqdm": "tqdm"} | ({} if folder else {"sklearn": "scikit-learn"})
    missing = [name for module, name in packages.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise ImportError(f"the demo needs {', '.join(missing)}: pip install 'fastlc[demo]'")


def _fail(error: Exception) -> int:
    print(f"python -m fastlc demo: error: {error}", file=sys.stderr)
    return 2
