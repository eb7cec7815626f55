"""
What L1 and L2 do to W
======================

A penalty on the weights is added to the loss: ``λ/2 ‖W‖²`` (L2) or ``λ ‖W‖₁`` (L1). L2 makes all weights smaller and
none of them 0. L1 makes them 0, one after the other.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes

import fastlc

X, y = load_diabetes(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
y = (y - y.mean()) / y.std()
N, D = X.shape

# %%
# L2: a closed form
# -----------------
# ``mean (X w − y)² + λ/2 ‖w‖²`` is least where ``(2/N Xᵀ X + λ I) w = 2/N Xᵀ y``.


def ridge(strength):
    return np.linalg.solve(2 / N * X.T @ X + strength * np.eye(D), 2 / N * X.T @ y)


l2_strengths = np.geomspace(1e-3, 1e3, 61)
l2_path = np.array([ridge(strength) for strength in l2_strengths])
_, dW, _ = fastlc.linear_squared_error(X, y, ridge(1.0)[None, :], l2=1.0)
print(f"L2: largest |gradient| at the closed form, by fastlc: {np.abs(dW).max():.0e}")

# %%
# L1: proximal gradient descent
# -----------------------------
# ``|w|`` has a kink at 0, and no closed form. `fastlc.sgd_step` takes a step along the gradient of the loss, and then
# brings each weight nearer to 0 by lr · λ, and no further than 0 (proximal gradient descent, ISTA).

lr = 1 / np.linalg.eigvalsh(2 / N * X.T @ X)[-1]
l1_strengths = np.geomspace(1e-3, 1.2, 40)
W, l1_path = np.zeros((1, D)), []
for strength in l1_strengths[::-1]:  # from strong to weak, each from where the last one ended
    for _ in range(2000):
        _, dW, _ = fastlc.linear_squared_error(X, y, W)
        fastlc.sgd_step(W, dW, lr, l1=strength)
    l1_path.append(W[0].copy())
l1_path = np.array(l1_path[::-1])
largest_gradient = np.abs(2 / N * X.T @ y).max()

# %%
# All weights are 0 from the λ on at which no gradient at w = 0 is larger than the penalty, ``λ ≥ max |2/N Xᵀ y|``.

print("λ        weights that are 0, L1   sum of |w|, L1    λ        weights that are 0, L2   ‖w‖, L2")
for i in range(5):
    k1, k2 = i * (len(l1_strengths) - 1) // 4, i * (len(l2_strengths) - 1) // 4
    print(
        f"{l1_strengths[k1]:7.3f} {(l1_path[k1] == 0).sum():16} {np.abs(l1_path[k1]).sum():18.4f}"
        f"{l2_strengths[k2]:14.3f} {(l2_path[k2] == 0).sum():16} {np.linalg.norm(l2_path[k2]):17.4f}"
    )
print(f"L1 makes all weights 0 from λ = {largest_gradient:.3f} on")

figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained", sharey=True)
for ax, strengths, path, name in zip(
    axes,
    (l1_strengths, l2_strengths),
    (l1_path, l2_path),
    ("L1: one after the other is 0", "L2: all shrink"),
    strict=True,
):
    ax.plot(strengths, path, linewidth=1.6)
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(xscale="log", xlabel="strength λ", title=name)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].axvline(largest_gradient, color="gray", linewidth=0.8, linestyle=":")
axes[0].set_ylabel("weights")
figure.savefig("09_regularisation.png")
