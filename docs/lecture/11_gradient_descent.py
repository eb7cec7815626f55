"""
Gradient descent on a loss surface
==================================

The gradient points uphill, so ``w ← w − lr · ∂L/∂w`` goes down. With a learning rate that is too small it takes for
ever, with one that is too large it leaps over the valley and out of it.
"""

import matplotlib.pyplot as plt
import numpy as np

import fastlc
from fastlc import plot

# %%
# A line through points: two parameters, the slope w and the offset b, so that the loss is a surface that one can see.

rng = np.random.default_rng(0)
x = rng.uniform(0, 2, (50, 1))
y = 1.5 * x[:, 0] - 0.5 + 0.2 * rng.standard_normal(50)


def loss_at(parameters):
    return fastlc.linear_squared_error(x, y, parameters[None, :1], parameters[1:], grad=False)


def descend(lr, momentum=0.0, steps=40):
    """All points on the way, from the start on, and the losses there."""
    W, b = np.array([[-1.0]]), np.array([1.5])
    v_W, v_b = np.zeros_like(W), np.zeros_like(b)
    path, losses = [], []
    for _ in range(steps + 1):
        loss, dW, db = fastlc.linear_squared_error(x, y, W, b)
        path.append(np.array([W[0, 0], b[0]]))
        losses.append(loss)
        fastlc.sgd_step(W, dW, lr, momentum=momentum, velocity=v_W)
        fastlc.sgd_step(b, db, lr, momentum=momentum, velocity=v_b)
    return np.array(path), losses


# %%
# How large is too large?
# -----------------------
# The matrix of second derivatives says how the bowl is curved: its eigenvectors are the axes, its eigenvalues the
# curvatures along them. In a step the error along an axis is multiplied by ``1 − lr · curvature``. That is a descent
# only if ``lr < 2 / curvature``, and what counts is the largest curvature.

with_ones = np.column_stack([x, np.ones(50)])
curvatures = np.linalg.eigvalsh(2 / 50 * with_ones.T @ with_ones)
limit = 2 / curvatures[-1]
least = np.linalg.lstsq(with_ones, y, rcond=None)[0]
rates = {"too small": 0.02 * limit, "good": 0.7 * limit, "too large": 1.02 * limit}
print(f"curvatures {curvatures.round(3)}: the learning rate must be below {limit:.3f}")

paths, curves = {}, {}
for name, lr in rates.items():
    path, losses = descend(lr)
    paths[f"{name}: {lr:.3f}"], curves[f"{name}: {lr:.3f}"] = path, losses
    to_go = np.linalg.norm(path[-1] - least)
    print(f"{name:10} lr {lr:.3f}: loss {losses[0]:.3f} -> {losses[-1]:.4f}, distance to go {to_go:.3f}")
print(f"least loss {loss_at(least):.4f}, at w = {least[0]:.3f}, b = {least[1]:.3f}")

# %%
# Momentum
# --------
# A ball that rolls: ``v ← μ v + ∂L/∂w``, ``w ← w − lr v``. Steps in the same direction add up, those across the valley
# cancel, so that it gets along the valley sooner; and the rate may be larger, up to ``2 (1 + μ) / curvature``.

name, lr, mu = "with momentum", limit, 0.45
path, losses = descend(lr, mu)
paths[f"{name}: {lr:.3f}"], curves[f"{name}: {lr:.3f}"] = path, losses
print(f"{name}, lr {lr:.3f}, μ {mu}: loss {losses[-1]:.4f}, distance to go {np.linalg.norm(path[-1] - least):.0e}")

# %%
# One valley
# ----------
# The losses of a linear classifier are convex in W: between two points the surface is never above the line that joins
# them, so there is one valley and every way down ends in it. The squared error of a sigmoid unit is not: it has
# plateaus, and may have several valleys.

X3, y3 = rng.normal(size=(30, 4)), rng.integers(0, 3, 30)
targets = (X3[:, :1] + rng.normal(size=(30, 1)) > 0).astype(float)
ends = rng.normal(size=(2, 500, 3, 4)) * 3


def above_the_line(loss, W_0, W_1, labels):
    """By how much the loss in the middle is above the mean of the losses at the ends."""
    at = [loss(X3, labels, W, grad=False) for W in (W_0, W_1, (W_0 + W_1) / 2)]
    return at[2] - (at[0] + at[1]) / 2


bulge = {
    "softmax": max(above_the_line(fastlc.linear_cross_entropy, a, b, y3) for a, b in zip(*ends, strict=True)),
    "hinge": max(above_the_line(fastlc.linear_hinge, a, b, y3) for a, b in zip(*ends, strict=True)),
    "sigmoid unit, squared error": max(
        above_the_line(fastlc.linear_sigmoid_squared_error, a[:1], b[:1], targets) for a, b in zip(*ends, strict=True)
    ),
}
for name, value in bulge.items():
    print(f"{name:28} at most {value:+.4f} above the line, of 500 pairs of points")

# %%
# The star is where each descent is after 40 steps.

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained", width_ratios=(1.2, 1))
plot.loss_surface(loss_at, paths, left, xlim=(-2, 4.5), ylim=(-3, 2.5))
left.set(xlabel="slope w", ylabel="offset b")
plot.learning_curve(curves, right, first_epoch=0, xlabel="step", log=True)
figure.savefig("11_gradient_descent.png")
