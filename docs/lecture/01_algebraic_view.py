"""
Algebraic view: W x + b
=======================

A linear classifier is a parametric model: all that it learns is in a matrix W and a vector b. The score of class c is
row c of W times the pixels of an image, plus a bias, and the scores of all classes are ``s = W x + b``.
"""

import matplotlib.pyplot as plt
import numpy as np

import fastlc
from fastlc.data import load_digits
from fastlc.lecture.shapes import append_bias, append_ones, flatten, split_bias

# %%
# Flattening
# ----------
# An image of n × n pixels is a row of n² numbers, one of height × width × channels a row of height · width · channels;
# a batch of B images is a matrix of B rows. `fastlc.lecture.shapes.flatten` keeps the first axis and makes one of the
# others.

X, y, shape = load_digits()
images = X.reshape(-1, *shape)
photos = np.zeros((5, 32, 24, 3), np.float32)
print("gray images   ", images.shape, "->", flatten(images).shape)
print("colour images ", photos.shape, "->", flatten(photos).shape)

# %%
# One product for a batch
# -----------------------
# With an image a row, the scores of the batch are ``S = X Wᵀ + b``. `fastlc.fit` finds W and b (how, and what momentum
# is, comes with gradient descent).

result = fastlc.fit(X, y, lr=0.1, momentum=0.9)
W, b = result.W, result.b
S = fastlc.scores(X, W, b)
print("X", X.shape, " W", W.shape, " b", b.shape, " S", S.shape)

one_by_one = np.array([W @ x + b for x in X])
print(f"s = W x + b, image by image: the same to {np.abs(one_by_one - S).max():.0e}")

# %%
# The other convention: x W
# -------------------------
# Some write a column of weights for a class, ``S = X W + b`` with W of shape (D, C). That is our W transposed.

columns = W.T.copy()
print(f"X W with W {columns.shape}: the same to {np.abs(X @ columns + b - S).max():.0e}")

# %%
# The bias trick
# --------------
# A feature that is always 1 turns the bias into one more weight: ``W x + b = [W b] [x; 1]``.

with_ones, with_bias = append_ones(X), append_bias(W, b)
S_trick = fastlc.scores(with_ones, with_bias)
print(f"[W b] {with_bias.shape} and [x; 1] {with_ones.shape}: the same to {np.abs(S_trick - S).max():.0e}")
W_again, b_again = split_bias(with_bias)

# %%
# One image, its row of numbers, and the matrix that it meets; red is positive, blue negative.

figure, axes = plt.subplots(1, 5, figsize=(10, 3.2), layout="constrained", width_ratios=(1.6, 0.4, 5, 0.5, 0.8))
axes[0].imshow(images[0], cmap="gray_r")
columns_of = {"x": X[:1].T, "W": W, "b": b[:, None], "s": S[:1].T}
for ax, (name, matrix) in zip(axes[1:], columns_of.items(), strict=True):
    limit = np.abs(matrix).max()
    ax.imshow(matrix, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
    ax.set_title(f"{name}\n{matrix.shape[0]} × {matrix.shape[1]}", fontsize="medium")
axes[0].set_title(f"image of a {y[0]}", fontsize="medium")
for ax in axes:
    ax.set(xticks=[], yticks=[])
for c in range(10):
    colour = "white" if abs(S[0, c]) > 0.7 * np.abs(S[0]).max() else "black"
    axes[4].text(0, c, f"{S[0, c]:.1f}", ha="center", va="center", fontsize="x-small", color=colour)
axes[2].set(yticks=range(10), ylabel="class")
figure.savefig("01_algebraic_view.png")
