"""
Decomposing a function into simple ones
=======================================

Whatever a program computes is a graph of simple functions, and each of them knows its own derivative. Forwards the
values are kept; backwards each step multiplies what comes from behind by its own derivative, and where a value was used
twice what comes back is added. That is the chain rule, and backpropagation.
"""

import matplotlib.pyplot as plt
import numpy as np

import fastlc

# %%
# A sigmoid unit, step by step
# ----------------------------
# ``L = (σ(w · x + b) − t)²``, from multiplications and additions, an exponential and a division.

x, t = np.array([1.5, -0.5]), 1.0
w, b = np.array([0.4, 0.8]), -0.3

products = w * x
score = products.sum() + b
power = np.exp(-score)
output = 1 / (1 + power)
error = output - t
loss = error**2

d_error = 2 * error  # the derivative of a square
d_output = d_error  # of a difference, by what is diminished
d_power = d_output * -(output**2)  # of 1 / (1 + e), which is −1 / (1 + e)²
d_score = d_power * -power  # of exp(−s)
d_products = d_score * np.ones(2)  # a sum hands on what it gets
d_b = d_score
d_w = d_products * x  # a product: times the other factor
d_x = d_products * w

fused_loss, dW, db, dX = fastlc.linear_sigmoid_squared_error(
    x[None, :], np.array([t]), w[None, :], np.array([b]), dX=True
)
print(f"loss    step by step {loss:.6f}   fused {fused_loss:.6f}")
print("∂L/∂w   step by step", d_w.round(6), "  fused", dW[0].round(6))
print(f"∂L/∂b   step by step {d_b:.6f}   fused {db[0]:.6f}")
print("∂L/∂x   step by step", d_x.round(6), "  fused", dX[0].round(6))

# %%
# Softmax and cross-entropy of a batch
# ------------------------------------
# The same with matrices: a product, an addition, an exponential, a sum, a division, a logarithm, a mean. Four arrays as
# large as the scores are kept on the way; the fused kernel keeps none.

rng = np.random.default_rng(0)
N, D, C = 6, 4, 3
X, W, bias, y = rng.normal(size=(N, D)), rng.normal(size=(C, D)), rng.normal(size=C), rng.integers(0, C, N)
rows = np.arange(N)

XW = X @ W.T
S = XW + bias
E = np.exp(S)
Z = E.sum(axis=1, keepdims=True)
P = E / Z
L = -np.log(P[rows, y])
mean = L.mean()

d_L = np.full(N, 1 / N)
d_P = np.zeros_like(P)
d_P[rows, y] = -d_L / P[rows, y]  # of −log
d_Z = (d_P * -E / Z**2).sum(axis=1, keepdims=True)  # of a quotient, by what is divided by
d_E = d_P / Z + d_Z  # by what is divided, and by way of the sum
d_S = d_E * E  # of exp
d_bias = d_S.sum(axis=0)  # it was added to every row
d_W = d_S.T @ X
d_X = d_S @ W

fused_mean, *fused = fastlc.linear_cross_entropy(X, y, W, bias, dX=True)
differences = [np.abs(one - other).max() for one, other in zip((d_W, d_bias, d_X), fused, strict=True)]
print(f"mean loss: step by step {mean:.6f}, fused {fused_mean:.6f}")
print("∂L/∂W, ∂L/∂b, ∂L/∂X: differ by", ", ".join(f"{difference:.0e}" for difference in differences))

# %%
# The sigmoid unit as a chain: above the arrows what goes forwards, below them what comes back.

names = ["w · x", "+ b", "exp(−·)", "1 / (1 + ·)", "− t", "(·)²"]
forwards = [products.sum(), score, power, output, error, loss]
backwards = [d_score, d_score, d_power, d_output, d_error, 1.0]
figure, ax = plt.subplots(figsize=(10, 2.2), layout="constrained")
for k, (name, value, gradient) in enumerate(zip(names, forwards, backwards, strict=True)):
    ax.text(
        k,
        0,
        name,
        ha="center",
        va="center",
        bbox={"boxstyle": "round,pad=0.45", "facecolor": "#dde8f5", "edgecolor": "gray"},
    )
    ax.annotate("", (k + 0.72, 0), (k + 0.3, 0), arrowprops={"arrowstyle": "->", "color": "gray"})
    ax.text(k + 0.51, 0.22, f"{value:.3f}", ha="center", color="tab:green")
    ax.text(k + 0.51, -0.22, f"{gradient:.3f}", ha="center", va="top", color="tab:red")
ax.text(-0.55, 0.22, "value", ha="center", color="tab:green")
ax.text(-0.55, -0.22, "∂L/∂value", ha="center", va="top", color="tab:red")
ax.set(xlim=(-1, 6), ylim=(-0.7, 0.7))
ax.set_axis_off()
figure.savefig("16_decomposition.png")
