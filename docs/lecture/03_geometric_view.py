"""
Geometric view: hyperplanes
===========================

An image is a point in a space of as many dimensions as it has pixels. ``w · x + b = 0`` is a hyperplane in it, and w
points to the side where the score is positive. Every class has one.
"""

import matplotlib.pyplot as plt
import numpy as np

import fastlc
from fastlc import plot
from fastlc.data import load_digits

# %%
# Three digits in two dimensions: along their principal components, the two directions in which they vary most.

X, y, shape = load_digits()
chosen = y < 3
X, y = X[chosen] - X[chosen].mean(axis=0), y[chosen]
_, _, directions = np.linalg.svd(X, full_matrices=False)
points = X @ directions[:2].T
result = fastlc.fit(points, y, lr=0.3, momentum=0.9, l2=1e-3)
W, b = result.W, result.b
right = (result.predict(points) == y).mean()
print(f"{right:.1%} of the digits 0, 1 and 2 are right, with two numbers for each (those that it was trained on)")

# %%
# The score measures a distance
# -----------------------------
# ``score / ‖w‖`` is the signed distance of x from the hyperplane, positive on the side of w: go back along w by it, and
# you stand on the hyperplane, where the score is 0. At the origin the score is b, so b says how far from there the
# hyperplane is; without a bias all of them go through the origin.

S = fastlc.scores(points, W, b)
lengths = np.linalg.norm(W, axis=1)
distances = S / lengths
feet = points - distances[:, :1] * (W[0] / lengths[0])
score_at_feet = np.abs(fastlc.scores(feet, W, b)[:, 0]).max()
print(f"largest |score of class 0| on its hyperplane: {score_at_feet:.0e}")
print("distances of the hyperplanes from the origin, |b| / ‖w‖:", np.abs(b / lengths).round(2))

# %%
# Regions
# -------
# Two classes meet where their scores are equal, ``(w_i − w_j) · x + b_i − b_j = 0``: again a hyperplane. So the region
# of a class is an intersection of half-spaces, which is convex: what lies between two of its points belongs to it.

rng = np.random.default_rng(0)
ends = rng.uniform(-4, 4, (2, 100_000, 2)).astype(np.float32)
labels = [fastlc.predict(end, W, b) for end in ends]
same = labels[0] == labels[1]
between = fastlc.predict((ends[0] + ends[1])[same] / 2, W, b)
convex = (between == labels[0][same]).mean()
print(f"{same.sum()} pairs of points of one class: {convex:.2%} of their midpoints are of that class too")

# %%
# Each line is where the score of its class is 0, the arrow shows where it grows. The regions need not follow the lines:
# what counts is which score is highest.

figure, ax = plt.subplots(figsize=(6, 5.5), layout="constrained")
plot.decision_regions((W, b), points, y, ax)
ax.legend(title="digit")
ax.set(xlabel="first principal component", ylabel="second principal component", aspect="equal")
figure.savefig("03_geometric_view.png")
