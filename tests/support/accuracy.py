"""How exact the kernels are, against 50-digit arithmetic: prints the tables of docs/accuracy.md.

``python -m tests.support.accuracy`` takes two minutes; with ``--every 1`` exp, log and log1p are tried on every float32
there is, which takes half an hour. The functions that the losses are made of are measured in ulp of the exact result;
losses and gradients as a share of the rounding bound of `tests/support/bounds.py`, which grows with the numbers that
meet: 1 would be all that a correct computation may be off.

The exact values are written once more here, in scalars, from the formulas: nothing of the oracle in `fastlc.reference`
is used, and derivatives are those of `mpmath.diff`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf
from numpy.typing import NDArray

import fastlc
from fastlc import _core

from . import bounds, oracle
from .cases import DTYPES, SPECS

Array = NDArray[Any]
DIGITS = 50
RESOLUTION = 1e-40
"""What a derivative by difference cannot see: softmax may be far smaller."""

# ---------------------------------------------------------------------------------------------------------------------
# Exact values of one row
# ---------------------------------------------------------------------------------------------------------------------

Scores = list[mpf]


def _log_sum_exp(s: Scores) -> mpf:
    return mpmath.log(mpmath.fsum(mpmath.exp(v) for v in s))


def _log_softmax(s: Scores) -> Scores:
    log_sum = _log_sum_exp(s)
    return [v - log_sum for v in s]


def _softplus(v: mpf) -> mpf:
    return mpmath.log1p(mpmath.exp(v))


def _sigmoid(v: mpf) -> mpf:
    return 1 / (1 + mpmath.exp(-v))


def _part(factor: mpf, value: mpf) -> mpf:
    """A product of which a factor of 0 makes 0, of an infinite value too."""
    return factor * value if factor else mpf(0)


def _of_labels(phi: Callable[[mpf], mpf]) -> Callable[..., mpf]:
    """One-vs-rest, of a function of the margin; a single score is that of label 1."""

    def loss(s: Scores, y: int) -> mpf:
        return mpmath.fsum(phi(v if c == y - (len(s) == 1) else -v) for c, v in enumerate(s))

    return loss


def _of_residuals(h: Callable[..., mpf]) -> Callable[..., mpf]:
    def loss(s: Scores, y: Scores, **options: mpf) -> mpf:
        return mpmath.fsum(h(v, t, **options) for v, t in zip(s, y, strict=True))

    return loss


def _modified_huber(z: mpf) -> mpf:
    return max(mpf(0), 1 - z) ** 2 if z >= -1 else -4 * z


def _huber(s: mpf, t: mpf, epsilon: mpf) -> mpf:
    r = abs(s - t)
    return r * r / 2 if r <= epsilon else epsilon * r - epsilon * epsilon / 2


def _beyond(s: mpf, t: mpf, epsilon: mpf) -> mpf:
    return max(mpf(0), abs(s - t) - epsilon)


def _rivals(s: Scores, y: int) -> Scores:
    return [v for c, v in enumerate(s) if c != y]


EXACT: dict[tuple[str, str], Callable[..., mpf]] = {
    ("cross_entropy", "labels"): lambda s, y, label_smoothing: (
        _log_sum_exp(s) - (1 - label_smoothing) * s[y] - _part(label_smoothing, mpmath.fsum(s) / len(s))
    ),
    ("cross_entropy", "values"): lambda s, y, label_smoothing: mpmath.fsum(
        _part((1 - label_smoothing) * t + label_smoothing / len(s), _log_sum_exp(s) - v)
        for v, t in zip(s, y, strict=True)
    ),
    ("hinge", "labels"): lambda s, y, margin, p: mpmath.fsum(
        max(mpf(0), v - s[y] + margin) ** int(p) for v in _rivals(s, y)
    ),
    ("crammer_singer", "labels"): lambda s, y, margin: max([mpf(0), *(v - s[y] + margin for v in _rivals(s, y))]),
    ("logistic", "labels"): _of_labels(lambda z: _softplus(-z)),
    ("logistic", "values"): _of_residuals(lambda s, t: _part(1 - t, _softplus(s)) + _part(t, _softplus(-s))),
    ("ovr_hinge", "labels"): _of_labels(lambda z: max(mpf(0), 1 - z)),
    ("ovr_squared_hinge", "labels"): _of_labels(lambda z: max(mpf(0), 1 - z) ** 2),
    ("ovr_perceptron", "labels"): _of_labels(lambda z: max(mpf(0), -z)),
    ("ovr_modified_huber", "labels"): _of_labels(_modified_huber),
    ("squared_error", "values"): _of_residuals(lambda s, t: (s - t) ** 2),
    ("sigmoid_squared_error", "values"): _of_residuals(lambda s, t: (_sigmoid(s) - t) ** 2),
    ("huber", "values"): _of_residuals(_huber),
    ("epsilon_insensitive", "values"): _of_residuals(_beyond),
    ("squared_epsilon_insensitive", "values"): _of_residuals(lambda s, t, epsilon: _beyond(s, t, epsilon) ** 2),
}


def _exact_row(name: str, kind: str, s: Scores, y: Any, options: dict[str, Any]) -> tuple[mpf, Scores]:
    """Loss and gradient; the derivative is a difference of losses 25 digits apart, at twice as many digits."""

    def loss(s: Scores) -> mpf:
        return EXACT[name, kind](s, y, **options)

    def derivative(c: int) -> mpf:
        return mpmath.diff(lambda v: loss([*s[:c], v, *s[c + 1 :]]), s[c])

    return loss(s), [derivative(c) for c in range(len(s))]


# ---------------------------------------------------------------------------------------------------------------------
# Losses and gradients, as a share of the rounding bound
# ---------------------------------------------------------------------------------------------------------------------


def _share(got: Array, exact: list[Any], bound: Array) -> float:
    """The largest ``|got − exact| / bound``, subtracted exactly."""
    errors = [float(abs(mpf(float(g)) - e)) for g, e in zip(got.ravel(), exact, strict=True)]
    bound = np.broadcast_to(bound, got.shape).ravel() + RESOLUTION
    return max(
        (error / b if b else float(error > 0) * np.inf for error, b in zip(errors, bound, strict=True)), default=0
    )


def loss_shares(spec: Any, dtype: Any, rows_each: int, seed: int = 0) -> Iterator[tuple[str, float, float]]:
    """For each instruction set the largest shares, of the losses' errors and of the gradients', over random rows."""
    rng = np.random.default_rng(seed)
    options = dict(spec.options)
    worst = {isa: [0.0, 0.0] for isa in _core.isas_usable}
    for classes, scale in product((1, 2, 3, 10), (1e-3, 1.0, 30.0, 1e4)):
        S = (scale * rng.normal(size=(rows_each, classes))).astype(dtype)
        if spec.targets == "labels":
            y = rng.integers(0, 2 if classes == 1 and spec.one_vs_rest else classes, rows_each)
            exact_y = y.tolist()
        else:
            y = rng.random((rows_each, classes)).astype(dtype)
            exact_y = [[mpf(v) for v in t] for t in y.tolist()]
        exact = [
            _exact_row(spec.name, spec.targets, [mpf(v) for v in s], t, {k: mpf(v) for k, v in options.items()})
            for s, t in zip(S.tolist(), exact_y, strict=True)
        ]
        errors = oracle.on_scores(spec.name, S, y, {}, "none").errors
        for isa, found in worst.items():
            _core._set_isa(isa)
            loss, dS = spec.on_scores(S, y, reduction="none")
            found[0] = max(found[0], _share(loss, [value for value, _ in exact], errors.loss))
            found[1] = max(found[1], _share(dS, [d for _, gradient in exact for d in gradient], errors.dS))
    for isa, found in worst.items():
        yield isa, *found


def function_shares(
    name: str, dtype: Any, rows_each: int, seed: int = 0, sizes: Sequence[int] = (1, 2, 3, 10, 100)
) -> Iterator[tuple[str, float]]:
    """The same for softmax, log_softmax (which is log-sum-exp, less a score) and sigmoid, of `sizes` of classes."""
    rng = np.random.default_rng(seed)
    exact_of: dict[str, Callable[[Scores], Scores]] = {
        "softmax": lambda s: [mpmath.exp(v) for v in _log_softmax(s)],
        "log_softmax": _log_softmax,
        "sigmoid": lambda s: [_sigmoid(v) for v in s],
    }
    worst = dict.fromkeys(_core.isas_usable, 0.0)
    for classes, scale in product(sizes, (1e-3, 1.0, 30.0, 1e4)):
        S = (scale * rng.normal(size=(rows_each, classes))).astype(dtype)
        exact = [v for s in S.tolist() for v in exact_of[name]([mpf(v) for v in s])]
        bound = getattr(bounds, name)(S.astype(np.longdouble), np.zeros(S.shape), dtype)
        for isa in worst:
            _core._set_isa(isa)
            worst[isa] = max(worst[isa], _share(getattr(fastlc, name)(S), exact, bound))
    yield from worst.items()


def sum_over_rows_error(rows: int, dtype: Any) -> float:
    """How far a gradient of a column of ones is off, in unit roundoffs of its size: the mean of slopes of one sign."""
    X, y = np.ones((rows, 4), dtype), (np.arange(rows) % 100 == 0).astype(np.uint8)
    exact = 0.5 - np.count_nonzero(y) / rows
    _, dW, db = fastlc.linear_logistic(X, y, np.zeros((1, 4), dtype), np.zeros(1, dtype))
    return max(abs(float(g) - exact) for g in (*dW[0], db[0])) / exact / bounds.unit(dtype)


# ---------------------------------------------------------------------------------------------------------------------
# exp, log and log1p, in ulp
# ---------------------------------------------------------------------------------------------------------------------

# Where each is used: (from, to), as bit patterns of float32; and as float64.
DOMAINS: dict[str, tuple[list[tuple[int, int]], list[tuple[float, float]]]] = {
    "exp": ([(0, 0x7F800001), (0x80000000, 0xFF800001)], [(-745.0, 709.7), (-1.0, 1.0)]),
    "log": ([(0x00800000, 0x7F800000)], [(2.3e-308, 1e308), (0.5, 2.0), (0.9, 1.1)]),
    "log1p": ([(0, 0x3F800001)], [(0.0, 1.0), (0.0, 1e-6)]),
}


def ulps_of_float32(function: str, every: int) -> float:
    """The largest error over every `every`-th float32 of the domain; float64 is exact enough to compare with."""
    worst = 0.0
    for first, last in DOMAINS[function][0]:
        for start in range(first, last, every << 22):
            x = np.arange(start, min(last, start + (every << 22)), every, dtype=np.uint32).view(np.float32)
            with np.errstate(all="ignore"):
                exact = getattr(np, function)(x.astype(np.float64))
                rounded = exact.astype(np.float32)
            got, finite = _core.elementwise(function, x), np.isfinite(rounded)
            np.testing.assert_array_equal(got[~finite], rounded[~finite])
            ulp = np.spacing(np.abs(rounded[finite])).astype(np.float64)
            worst = max(worst, float((np.abs(got[finite] - exact[finite]) / ulp).max(initial=0)))
    return worst


def ulps_of_float64(function: str, count: int, seed: int = 0) -> float:
    """The largest error over random float64 of the domain."""
    rng = np.random.default_rng(seed)
    worst = 0.0
    for low, high in DOMAINS[function][1]:
        wide = low > 0 and high / low > 1e6
        x = np.exp(rng.uniform(np.log(low), np.log(high), count)) if wide else rng.uniform(low, high, count)
        for v, got in zip(x.tolist(), _core.elementwise(function, x).tolist(), strict=True):
            exact = getattr(mpmath, function)(mpf(v))
            if exact:
                worst = max(worst, float(abs(mpf(got) - exact) / mpf(float(np.spacing(abs(float(exact)))))))
    return worst


# ---------------------------------------------------------------------------------------------------------------------


def _table(header: list[str], lines: list[list[str]]) -> None:
    for line in [header, ["---"] * len(header), *lines]:
        print(f"| {' | '.join(line)} |")
    print()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.support.accuracy", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--every", type=int, default=257, help="try every so many float32 (default %(default)s)")
    parser.add_argument("--rows", type=int, default=25, help="random rows of each kind (default %(default)s)")
    given = parser.parse_args()
    mpmath.mp.dps = DIGITS
    isas = list(_core.isas_usable)

    print("# How exact\n")
    command = f"python -m tests.support.accuracy --every {given.every} --rows {given.rows}"
    print(f"Errors against {DIGITS}-digit arithmetic, as `{command}` prints them.\n")
    print("## exp, log, log1p: the largest error in ulp\n")
    share = "every float32" if given.every == 1 else f"every {given.every}th float32"
    print(f"Over {share} and 12000 random float64 of where each is used.\n")
    lines = []
    for function in DOMAINS:
        ulps = []
        for isa in isas:
            _core._set_isa(isa)
            ulps.append((ulps_of_float32(function, given.every), ulps_of_float64(function, 4000)))
        lines += [
            [function, dtype, *(f"{ulp[i]:.2f}" for ulp in ulps)] for i, dtype in enumerate(("float32", "float64"))
        ]
    _table(["function", "dtype", *isas], lines)

    print("## Softmax, losses and their gradients: the largest error as a share of the rounding bound\n")
    print(f"{16 * given.rows} random rows of 1, 2, 3 and 10 classes, with scores of 0.001 to 10000.\n")
    lines = []
    for name, dtype in product(("softmax", "log_softmax", "sigmoid"), DTYPES):
        shares = [share for _, share in function_shares(name, dtype, given.rows)]
        lines.append([name, np.dtype(dtype).name, *(f"{share:.2f}" for share in shares)])
    for spec, dtype in product(SPECS, DTYPES):
        found = list(loss_shares(spec, dtype, given.rows))
        name = spec.name + (" of floats" if (spec.name, "labels") in EXACT and spec.targets == "values" else "")
        lines.append([name, np.dtype(dtype).name, *(f"{loss:.2f}, {gradient:.2f}" for _, loss, gradient in found)])
    _table(["function, or loss and gradient", "dtype", *isas], lines)

    print("## Sums of any length\n")
    print(
        f"The bounds charge a term of a sum over classes for {bounds.CLASSES} roundings at the most, of one over "
        f"features for {bounds.FEATURES} and\none more for every 4096 features, over rows for {bounds.ROWS}, over the "
        f"classes of dX for {bounds.TERMS}, however long the sum is: parts of it\nare added exactly, or in float64. "
        f"The largest error as a share of the bound, of 20000 classes in {8 * max(1, given.rows // 25)} random rows:\n"
    )
    lines = []
    for name, dtype in product(("softmax", "log_softmax"), DTYPES):
        shares = function_shares(name, dtype, 2 * max(1, given.rows // 25), sizes=(20_000,))
        lines.append([name, np.dtype(dtype).name, *(f"{share:.2f}" for _, share in shares)])
    _table(["function", "dtype", *isas], lines)
    print("A gradient that is a mean over rows of one sign, its error in unit roundoffs of its size:\n")
    lines = []
    for rows, dtype in product((1000, 100_000, 10_000_000), DTYPES):
        errors = []
        for isa in isas:
            _core._set_isa(isa)
            errors.append(sum_over_rows_error(rows, dtype))
        lines.append([f"{rows:,}", np.dtype(dtype).name, *(f"{error:.1f}" for error in errors)])
    _table(["rows", "dtype", *isas], lines)


if __name__ == "__main__":
    main()
