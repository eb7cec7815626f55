"""
What L1 and L2 do to W
======================

A penalty on the weights is added to the loss: ``λ/2 ‖W‖²`` (L2, ridge) or ``λ ‖W‖₁`` (L1, lasso). L2 makes W shorter,
but hardly ever a weight exactly 0. L1 makes more and more of them 0: a simpler model, that looks at fewer features.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes

import fastlc

# %%
# Few examples to learn from, 40 patients with ten features each, and 402 to test on: that is when a penalty pays.

X, y = load_diabetes(return_X_y=True)
order = np.random.default_rng(0).permutation(len(X))
known = order[:40]  # mean and variance too are those of the patients to learn from
X, y = (X - X[known].mean(axis=0)) / X[known].std(axis=0), (y - y[known].mean()) / y[known].std()
X_test, y_test = X[order[40:]], y[order[40:]]
X, y = X[known], y[known]
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
# Weight decay
# ------------
# The gradient of the L2 penalty is λ W, so a step along it shrinks the weights first: ``W ← (1 − lr λ) W − lr ∂L/∂W``.
# For plain gradient descent penalty and decay are one.

W, lr = np.ones((1, D)), 0.1
_, dW, _ = fastlc.linear_squared_error(X, y, W)
_, dW_penalised, _ = fastlc.linear_squared_error(X, y, W, l2=0.5)
decayed, penalised = W.copy(), W.copy()
fastlc.sgd_step(decayed, dW, lr, weight_decay=0.5)
fastlc.sgd_step(penalised, dW_penalised, lr)
print(f"a step with weight decay and one with the penalty differ by {np.abs(decayed - penalised).max():.0e}")

# %%
# L1: proximal gradient descent
# -----------------------------
# ``|w|`` has a kink at 0, and no closed form. `fastlc.sgd_step` takes a step along the gradient of the loss, and then
# brings each weight nearer to 0 by lr · λ, and no further than 0 (proximal gradient descent, ISTA).

lr = 1 / np.linalg.eigvalsh(2 / N * X.T @ X)[-1]
l1_strengths = np.geomspace(1e-3, 2, 40)
W, l1_path = np.zeros((1, D)), []
for strength in l1_strengths[::-1]:  # from strong to weak, each from where the last one ended
    for _ in range(2000):
        _, dW, _ = fastlc.linear_squared_error(X, y, W)
        fastlc.sgd_step(W, dW, lr, l1=strength)
    l1_path.append(W[0].copy())
l1_path = np.array(l1_path[::-1])

# %%
# All weights are 0 from the λ on at which no gradient at w = 0 is larger than the penalty, ``λ ≥ max |2/N Xᵀ y|``.

largest_gradient = np.abs(2 / N * X.T @ y).max()
print(f"L1 makes all weights 0 from λ = {largest_gradient:.3f} on")


def test_error(path):
    return np.array([fastlc.linear_squared_error(X_test, y_test, w[None, :], grad=False) for w in path])


l1_error, l2_error = test_error(l1_path), test_error(l2_path)
least_squares = np.linalg.lstsq(X, y, rcond=None)[0]
unpenalised = test_error([least_squares])[0]
print("      λ   weights that are 0   ‖w‖₁    ‖w‖    error of the test patients")
for name, strengths, path, errors in (("L1", l1_strengths, l1_path, l1_error), ("L2", l2_strengths, l2_path, l2_error)):
    for k in sorted({0, int(errors.argmin()), len(path) // 2, len(path) - 1}):
        zeros, w = (path[k] == 0).sum(), path[k]
        print(
            f"{name} {strengths[k]:8.3f} {zeros:10} {np.abs(w).sum():14.3f} {np.linalg.norm(w):7.3f} {errors[k]:12.3f}"
            f"{'  the least' if k == errors.argmin() else ''}"
        )
print(f"without a penalty the error of the test patients is {unpenalised:.3f}")

# %%
# On their way single weights may grow, or change their sign, where features are correlated. The right picture shows
# what a penalty does to the error of patients that were not learned from. To choose λ, hold out others
# (`validation_fraction` of `fastlc.fit`), or the error of the best λ looks better than it is.

figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
for ax, strengths, path, name in zip(
    axes[:2],
    (l1_strengths, l2_strengths),
    (l1_path, l2_path),
    ("L1: more and more are 0", "L2: ‖w‖ shrinks"),
    strict=True,
):
    ax.plot(strengths, path, linewidth=1.6)
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(ylabel="weights", title=name)
axes[0].axvline(largest_gradient, color="gray", linewidth=0.8, linestyle=":")
axes[2].plot(l1_strengths, l1_error, label="L1", linewidth=1.8)
axes[2].plot(l2_strengths, l2_error, label="L2", linewidth=1.8)
axes[2].axhline(unpenalised, color="gray", linewidth=0.8, linestyle=":", label="no penalty")
axes[2].set(ylabel="squared error", title="error of the test patients")
axes[2].legend(frameon=False)
for ax in axes:
    ax.set(xscale="log", xlabel="strength λ")
    ax.spines[["top", "right"]].set_visible(False)
figure.savefig("09_regularisation.png")
