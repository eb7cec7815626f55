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
# ``L = −s_y + ln Σ exp(s_j)`` and ``s = W x + b``; so ``∂L/∂s = p − onehot(y)``, and by the chain rule
# ``∂L/∂W = ∂L/∂s xᵀ``. That is what the kernels of fastlc do.

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
# Central differences, ``(L(w + h) − L(w − h)) / 2h``: two evaluations for each weight, and about ten digits. Good to
# check with, too slow to train with.

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
# `fastlc.gradcheck.gradcheck` compares any gradient with differences, and tells what rounding explains from what is
# wrong: here a gradient without the factor that someone forgot.


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
# A long step does not see the slope here (truncation, ∝ h²); a short one drowns in rounding (∝ 1/h). The cube root of
# the machine epsilon lies between.

steps = np.geomspace(1e-12, 1e-1, 60)
of_step = [
    np.abs(numerical_gradient(lambda W: fastlc.linear_cross_entropy(x, y, W, b, grad=False), W, eps=h) - symbolic).max()
    for h in steps
]
figure, ax = plt.subplots(figsize=(6, 3.8), layout="constrained")
ax.loglog(steps, of_step, "o-", markersize=3)
ax.axvline(np.cbrt(np.finfo(float).eps), color="gray", linewidth=0.8, linestyle=":")
ax.set(xlabel="step h", ylabel="largest error of the numerical gradient")
ax.spines[["top", "right"]].set_visible(False)
ax.grid(alpha=0.25)
figure.savefig("13_computing_gradients.png")
