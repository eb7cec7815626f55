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


def descend(lr, steps=40):
    """All points on the way, and the losses there."""
    W, b = np.array([[-1.0]]), np.array([1.5])
    path, losses = [], []
    for _ in range(steps):
        loss, dW, db = fastlc.linear_squared_error(x, y, W, b)
        path.append(np.array([W[0, 0], b[0]]))
        losses.append(loss)
        fastlc.sgd_step(W, dW, lr)
        fastlc.sgd_step(b, db, lr)
    return np.array(path), losses


# %%
# How large is too large?
# -----------------------
# On a bowl the error along each axis is multiplied by ``1 − lr · curvature`` in a step. That is a descent only if
# ``lr < 2 / curvature``, and what counts is the largest curvature: the largest eigenvalue of the second derivatives.

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
    print(f"{name:10} lr {lr:.3f}: loss {losses[0]:.3f} -> {losses[-1]:.3f}, distance to go {to_go:.3f}")
print(f"least loss {loss_at(least):.4f}, at w = {least[0]:.3f}, b = {least[1]:.3f}")

# %%
# The star is where each descent is after 40 steps.

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained", width_ratios=(1.2, 1))
plot.loss_surface(loss_at, paths, left, xlim=(-2, 4), ylim=(-2.5, 2.5))
left.set(xlabel="slope w", ylabel="offset b")
plot.learning_curve(curves, right, first_epoch=0, xlabel="step", log=True)
figure.savefig("11_gradient_descent.png")
