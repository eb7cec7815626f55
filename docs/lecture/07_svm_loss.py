"""
The multi-class SVM loss
========================

The right class shall have a score that is higher than every other by a margin of 1: each wrong class costs what it
lacks, ``l = Σ_{j≠y} max(0, s_j − s_y + 1)``.
"""

import matplotlib.pyplot as plt
import numpy as np

import fastlc
from fastlc.data import load_digits

# %%
# By hand
# -------
# The second class is 1.5 above the first, which is right, and so costs 2.5; the third is far enough below, and costs
# nothing.

S, y = np.array([[2.0, 3.5, -1.0]]), np.array([0])
by_hand = max(0, 3.5 - 2 + 1) + max(0, -1 - 2 + 1)
loss = fastlc.hinge(S, y, grad=False)
print(f"by hand {by_hand}, fastlc.hinge {loss}")

# %%
# Smallest, largest, and first value
# ----------------------------------
# Never below 0, and 0 as soon as all margins are kept, unlike the cross-entropy. Without a largest value. With W = 0
# all scores are equal, each wrong class lacks the whole margin, and the loss is C − 1.

smallest = fastlc.hinge(np.array([[2.0, 1.0, -7.0]]), y, grad=False)
largest = [fastlc.hinge(np.array([[0.0, wrong, 0.0]]), y, grad=False) for wrong in (10.0, 1e3, 1e6)]
X, labels, shape = load_digits()
at_start = fastlc.linear_hinge(X, labels, np.zeros((10, 64), np.float32), grad=False)
print(f"all margins kept: {smallest};  wrong score 10, 10³, 10⁶: {', '.join(f'{value:g}' for value in largest)}")
print(f"loss of the digits at W = 0: {at_start}, with C − 1 = 9")

# %%
# The sum over all classes
# ------------------------
# Were the right class in the sum too, it would add max(0, s_y − s_y + 1) = 1 to every example: the sum is 1 higher for
# any W, and least at the same W.

margins = np.maximum(0, S - S[:, :1] + 1)
over_all = margins.sum()
print(f"sum over all classes {over_all}, without the right one {loss}: {over_all - loss} more")

# %%
# A mean instead of the sum
# -------------------------
# A mean over the examples, or over the classes, divides loss and gradient by a number, and leaves the minimum where it
# is. (A penalty on W has to be divided too.)

rng = np.random.default_rng(0)
W, few = rng.normal(size=(10, 64)).astype(np.float32), slice(0, 100)
total, dW_total, _ = fastlc.linear_hinge(X[few], labels[few], W, reduction="sum")
mean, dW_mean, _ = fastlc.linear_hinge(X[few], labels[few], W)
rescaled = np.abs(dW_total / 100 - dW_mean).max() / np.abs(dW_mean).max()
print(f"sum {total:.2f} = 100 · mean {mean:.4f}; gradients: the same to {rescaled:.0e} after division by 100")

# %%
# The squared hinge
# -----------------
# ``max(0, …)²`` is another loss, and no rescaling: it counts large violations more, and small ones less.

squared = fastlc.hinge(S, y, p=2, grad=False)
small_violation = np.array([[2.0, 1.5, -1.0]])
ratios = [
    fastlc.hinge(scores, y, p=2, grad=False) / fastlc.hinge(scores, y, grad=False) for scores in (S, small_violation)
]
print(f"squared: {squared}; squared / plain: {ratios[0]} for a violation of 2.5, {ratios[1]} for one of 0.5")

# %%
# No change for small changes
# ---------------------------
# Where the margins are kept, moving the scores a little changes nothing: the gradient is 0, and the example plays no
# part any more. That of the cross-entropy never is 0: softmax is never content, and goes on asking for more from
# examples that are right already. That is the main difference of the two.

kept = np.array([[5.0, 1.0, -2.0]])
_, dS = fastlc.hinge(kept, y)
moved = fastlc.hinge(kept + np.array([[-0.5, 0.5, 2.0]]), y, grad=False)
_, dS_softmax = fastlc.cross_entropy(kept, y)
print(f"moved scores: loss {moved}; gradient {dS[0] + 0}; of the cross-entropy {dS_softmax[0].round(4)}")

# %%
# No unique W
# -----------
# If W has loss 0, so has 2 W: all margins double. Ten digits are enough to see it, since ten points in 64 dimensions
# can be told apart. A penalty on W (`l2`) prefers the smaller of the two.

ten_X, ten_y = X[:10], labels[:10]
W = fastlc.fit(ten_X, ten_y, loss="hinge", epochs=200, lr=0.1, fit_intercept=False).W
of_W, of_2W = (fastlc.linear_hinge(ten_X, ten_y, weights, grad=False) for weights in (W, 2 * W))
penalised = [fastlc.linear_hinge(ten_X, ten_y, weights, l2=0.01, grad=False) for weights in (W, 2 * W)]
print(f"loss of W {of_W}, of 2 W {of_2W};  with l2 = 0.01: {penalised[0]:.4f} and {penalised[1]:.4f}")

# %%
# The loss of one example with two classes, over the margin that it keeps:

figure, ax = plt.subplots(figsize=(6, 3.8), layout="constrained")
margin = np.linspace(-2, 3, 400)
scores = np.column_stack([margin, np.zeros_like(margin)])
right = np.zeros(400, int)
ax.plot(margin, fastlc.hinge(scores, right, reduction="none", grad=False), label="hinge", linewidth=1.8)
ax.plot(margin, fastlc.hinge(scores, right, p=2, reduction="none", grad=False), label="squared hinge", linewidth=1.8)
ax.plot(margin, fastlc.cross_entropy(scores, right, reduction="none", grad=False), label="cross-entropy", linewidth=1.8)
ax.axvline(1, color="gray", linewidth=0.8, linestyle=":")
ax.set(xlabel="score of the right class − score of the wrong one", ylabel="loss", ylim=(0, 6))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
figure.savefig("07_svm_loss.png")
