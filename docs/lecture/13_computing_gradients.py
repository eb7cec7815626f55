"""
Computing gradients
===================

By hand, with symbols, by differences, automatically: four ways to the same numbers, and the gradient check that holds
one against another. The function is the softmax loss of one example with three classes and two features.
"""

import importlib.util

import matplotlib.pyplot as plt
import numpy as np
import sympy

import fastlc
from fastlc.gradcheck import gradcheck, numerical_gradient

x, y = np.array([[0.5, -1.2]]), np.array([2])
W, b = np.array([[0.1, 0.4], [-0.3, 0.2], [0.7, -0.6]]), np.array([0.0, 0.1, -0.2])

# %%
# By hand
# -------
# ``L = −s_y + ln Σ exp(s_j)`` and ``s = W x + b``. So ``∂L/∂s_i = p_i − [i = y]``, and by the chain rule
# ``∂L/∂W_ij = ∂L/∂s_i · x_j``, an outer product. That is what the kernels of fastlc compute.

s = W @ x[0] + b
p = np.exp(s) / np.exp(s).sum()
manual = np.outer(p - np.eye(3)[y[0]], x[0])
loss, fused, _ = fastlc.linear_cross_entropy(x, y, W, b)

# %%
# Symbolically
# ------------
# SymPy differentiates the formula itself. Exact, but the formulas grow.

W_symbols = sympy.Matrix(3, 2, sympy.symbols("w:3:2"))
scores = W_symbols * sympy.Matrix(x[0]) + sympy.Matrix(b)
formula = -scores[int(y[0])] + sympy.log(sum(sympy.exp(score) for score in scores))
derivatives = formula.diff(W_symbols)
values = dict(zip(W_symbols, W.ravel(), strict=True))
symbolic = np.array(derivatives.subs(values).evalf(20).tolist(), float)
print("∂L/∂w₀₀ =", derivatives[0, 0])

# %%
# Numerically
# -----------
# The slope of a short step: forwards, ``(L(w + h) − L(w)) / h``, or centrally, ``(L(w + h) − L(w − h)) / 2h``, which
# costs two evaluations for each weight and is good to about ten digits. Good to check with, too slow to train with.

numerical = numerical_gradient(lambda W: fastlc.linear_cross_entropy(x, y, W, b, grad=False), W)

# %%
# Automatically
# -------------
# A program notes what it computes and runs it backwards, by the chain rule: PyTorch, where it is installed.

ways = {"by hand": manual, "symbolic": symbolic, "numerical": numerical}
if importlib.util.find_spec("torch"):
    import torch

    W_torch = torch.tensor(W, requires_grad=True)
    scores_torch = torch.tensor(x) @ W_torch.T + torch.tensor(b)
    torch.nn.functional.cross_entropy(scores_torch, torch.tensor(y)).backward()
    ways["automatic"] = W_torch.grad.numpy()
else:
    print("PyTorch is not installed: no automatic gradient here")
errors = {name: np.abs(gradient - fused).max() for name, gradient in ways.items()}
for name, error in errors.items():
    print(f"{name:10} differs from the fused gradient by {error:.0e}")

# %%
# The gradient check
# ------------------
# `fastlc.gradcheck.gradcheck` compares any gradient with differences, relative to the larger of the two, and tells what
# rounding explains from what is wrong: here a gradient without the factor that someone forgot. Where a loss has a kink,
# as the hinge has, the slopes to the left and to the right differ, and what lies between them is right.


def forgotten(W):
    loss, dW, _ = fastlc.linear_cross_entropy(x, y, W, b, l2=0.1)
    return loss, dW - 0.05 * W  # the penalty λ/2 ‖W‖² has the gradient λ W, not λ/2 W


right = gradcheck(fastlc.linear_cross_entropy, x, y, W, b)
wrong = gradcheck(forgotten, W)
print(right)
print(wrong)

# %%
# How long a step?
# ----------------
# A long step does not see the slope here: truncation, ∝ h forwards and ∝ h² centrally. A short one drowns in rounding,
# ∝ 1/h. The dotted line is the cube root of the machine epsilon, where central differences are about best.


def loss_at(W):
    return fastlc.linear_cross_entropy(x, y, W, b, grad=False)


def forward_differences(h):
    slopes = np.zeros_like(W)
    for i in np.ndindex(W.shape):
        moved = W.copy()
        moved[i] += h
        slopes[i] = (loss_at(moved) - loss_at(W)) / (moved[i] - W[i])
    return slopes


steps = np.geomspace(1e-12, 1e-1, 60)
of_step = [np.abs(numerical_gradient(loss_at, W, eps=h) - symbolic).max() for h in steps]
of_forward_step = [np.abs(forward_differences(h) - symbolic).max() for h in steps]
print(f"best central differences: {min(of_step):.0e}, best forward ones: {min(of_forward_step):.0e}")

figure, ax = plt.subplots(figsize=(6, 3.8), layout="constrained")
ax.loglog(steps, of_step, "o-", markersize=3, label="central")
ax.loglog(steps, of_forward_step, "o-", markersize=3, label="forward")
ax.axvline(np.cbrt(np.finfo(float).eps), color="gray", linewidth=0.8, linestyle=":")
ax.set(xlabel="step h", ylabel="largest error of the numerical gradient")
ax.spines[["top", "right"]].set_visible(False)
ax.grid(alpha=0.25)
ax.legend(frameon=False)
figure.savefig("13_computing_gradients.png")
