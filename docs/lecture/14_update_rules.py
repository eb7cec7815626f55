"""
Update rules by hand
====================

Two rules that every lecture derives: that of linear regression, and that of a sigmoid unit with the squared error. With
``δ = target − output``, summed over the examples, they are one line each; and one step of fastlc.
"""

import matplotlib.pyplot as plt
import numpy as np

import fastlc

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))
w, eta = rng.normal(size=3), 0.01

# %%
# Linear regression
# -----------------
# The error is ``E = Σ (t − w · x)²``, its derivative ``∂E/∂w_j = −2 Σ δ x_j``, and a step against it ``w_j ← w_j + 2 η
# Σ δ x_j``. (With half the error, ``E = ½ Σ δ²``, as some write it, the 2 is gone; so it is with half η.)

targets = rng.normal(size=20)
delta = targets - X @ w
by_hand = w + 2 * eta * (delta[:, None] * X).sum(axis=0)

W = w[None, :].copy()
_, dW, _ = fastlc.linear_squared_error(X, targets, W, reduction="sum")
fastlc.sgd_step(W, dW, lr=eta)
difference = np.abs(W[0] - by_hand).max()
print(f"linear regression: by hand and by fastlc differ by {difference:.0e}")

# %%
# A sigmoid unit
# --------------
# The output is ``σ(w · x)``, and ``σ' = σ (1 − σ)``. So ``w_j ← w_j + 2 η Σ δ σ (1 − σ) x_j``.

targets = rng.integers(0, 2, 20).astype(float)
sigma = 1 / (1 + np.exp(-(X @ w)))
delta = targets - sigma
by_hand_sigmoid = w + 2 * eta * ((delta * sigma * (1 - sigma))[:, None] * X).sum(axis=0)

W_sigmoid = w[None, :].copy()
_, dW, _ = fastlc.linear_sigmoid_squared_error(X, targets, W_sigmoid, reduction="sum")
fastlc.sgd_step(W_sigmoid, dW, lr=eta)
difference_sigmoid = np.abs(W_sigmoid[0] - by_hand_sigmoid).max()
print(f"sigmoid unit:      by hand and by fastlc differ by {difference_sigmoid:.0e}")

# %%
# Where the unit is sure, it does not learn
# -----------------------------------------
# ``σ (1 − σ)`` is at most 1/4, and nearly 0 where the sigmoid is flat, even if the answer is wrong. With the logistic
# loss, the cross-entropy of two classes, that factor cancels: ``∂L/∂s = σ − t``.

s = np.linspace(-8, 8, 400)[:, None]
t = np.ones((400, 1))
_, of_square = fastlc.sigmoid_squared_error(s, t, reduction="none")
_, of_logistic = fastlc.logistic(s, t, reduction="none")
print(f"target 1, score −8: squared error pulls by {-of_square[0, 0]:.4f}, logistic loss by {-of_logistic[0, 0]:.4f}")

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
output = fastlc.sigmoid(s)
left.plot(s, output, label="σ(s)", linewidth=1.8)
left.plot(s, output * (1 - output), label="σ'(s) = σ(s) (1 − σ(s))", linewidth=1.8)
left.set(xlabel="score s", title="a sigmoid unit")
right.plot(s, -of_square, label="squared error", linewidth=1.8)
right.plot(s, -of_logistic, label="logistic loss", linewidth=1.8)
right.set(xlabel="score s", ylabel="−∂L/∂s, for target 1", title="how hard it is pulled")
for ax in (left, right):
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
figure.savefig("14_update_rules.png")
