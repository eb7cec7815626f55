"""
Hard cases
==========

A line can only cut the plane in two. Parity, rings, and a class in three places are what it cannot tell apart; other
features of the same points make them linear again.
"""

import matplotlib.pyplot as plt
import numpy as np

import fastlc
from fastlc import plot
from fastlc.lecture.points import make_modes, make_parity, make_rings

# %%
# The features that cure each: the product of the coordinates for parity, the squared distance from the origin for
# rings, and for modes how near a point is to each of their centres.

angles = np.pi / 2 + 2 * np.pi * np.arange(3) / 3
centres = np.array([[0, 0], *np.column_stack([np.cos(angles), np.sin(angles)])], np.float32)


def product(X):
    return np.column_stack([X, X[:, 0] * X[:, 1]])


def squared_length(X):
    return np.column_stack([X, (X**2).sum(axis=1)])


def nearness(X):
    return np.exp(-4 * ((X[:, None] - centres) ** 2).sum(axis=2))


cases = {
    "XOR": (make_parity(600), product, "x₁ x₂"),
    "rings": (make_rings(600), squared_length, "x₁² + x₂²"),
    "three modes": (make_modes(600), nearness, "exp(−4 |x − c|²)"),
}

# %%
# Why it fails
# ------------
# Not for want of training: here is the best line of 360 directions, with every offset. It still gets a fifth to a third
# of the points wrong.


def best_line(X, y):
    """The largest share of points that any line gets right."""
    best = 0.0
    for angle in np.linspace(0, 2 * np.pi, 360, endpoint=False):
        labels = y[np.argsort(X @ [np.cos(angle), np.sin(angle)])]
        below, above = np.cumsum(labels == 0), np.cumsum(labels[::-1] == 1)[::-1]
        right = np.append(above, 0) + np.append(0, below)
        best = max(best, right.max() / len(y))
    return best


figure, axes = plt.subplots(2, 3, figsize=(9, 6.2), layout="constrained")
accuracy = {}
print("                  softmax   best line   softmax of features")
for (name, ((X, y), features, formula)), (top, bottom) in zip(cases.items(), axes.T, strict=True):
    plain = fastlc.fit(X, y, lr=0.1, epochs=100)
    cured = fastlc.fit(features(X), y, lr=0.5, epochs=200, momentum=0.9)
    accuracy[name] = [(plain.predict(X) == y).mean(), best_line(X, y), (cured.predict(features(X)) == y).mean()]
    print("{:16} {:8.1%} {:11.1%} {:13.1%}   {}".format(name, *accuracy[name], formula))
    size = 1.1 * np.abs(X).max()
    square = {"classes": [0, 1], "xlim": (-size, size), "ylim": (-size, size)}
    plot.decision_regions(plain.predict, X, y, top, **square)
    plot.decision_regions(lambda X, f=features, c=cured: c.predict(f(X)), X, y, bottom, **square)
    top.set_title(f"{name}: {accuracy[name][0]:.1%}")
    bottom.set_title(f"with {formula}: {accuracy[name][2]:.1%}")
    for ax in (top, bottom):
        ax.set(xticks=[], yticks=[], aspect="equal")
figure.savefig("04_hard_cases.png")
