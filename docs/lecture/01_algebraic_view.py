"""
A linear classifier is a matrix
===============================

The score of class c is a dot product: row c of W with the pixels of the image, and a bias. All scores of all images
are one matrix product, ``S = X Wᵀ + b``.
"""

import matplotlib.pyplot as plt
import numpy as np

import fastlc
from fastlc.data import load_digits

# %%
# Images as rows
# --------------
# An image of 8 × 8 pixels is a row of 64 numbers; ten classes need ten rows of weights and ten biases.

X, y, shape = load_digits()
result = fastlc.fit(X, y, lr=0.1, momentum=0.9)
print("X", X.shape, " W", result.W.shape, " b", result.b.shape)

# %%
# Scores
# ------
# The label is the class of the highest score.

S = fastlc.scores(X, result.W, result.b)
by_hand = result.W[3] @ X[0] + result.b[3]
assert np.isclose(S[0, 3], by_hand, rtol=1e-5)
print("scores of the first image:", S[0].round(1))
print("highest:", S[0].argmax(), " label:", y[0])
print(f"right: {(S.argmax(axis=1) == y).mean():.1%}")

# %%
# The first image beside its scores:

figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3), layout="constrained", width_ratios=(1, 2))
left.imshow(X[0].reshape(shape), cmap="gray_r")
left.set_axis_off()
right.bar(range(10), S[0], color=["tab:orange" if c == y[0] else "tab:blue" for c in range(10)])
right.axhline(0, color="black", linewidth=0.8)
right.set(xticks=range(10), xlabel="class", ylabel="score")
right.spines[["top", "right"]].set_visible(False)
figure.savefig("01_algebraic_view.png")
