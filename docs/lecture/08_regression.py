"""
Regression: the direct way and the way down
===========================================

With the squared error, ``mean (x · w + b − y)²``, the best weights solve a linear system. Gradient descent finds the
same ones, and goes on working where there is no such system.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes

import fastlc
from fastlc import plot

# %%
# How far a disease had progressed after a year, from ten measurements of 442 patients, all scaled to variance 1.

X, y = load_diabetes(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
y = (y - y.mean()) / y.std()
N, D = X.shape

# %%
# The direct way
# --------------
# Where the gradient is zero, ``2/N Xᵀ (X w − y) = 0``: the normal equations. (X and y have mean 0, so b is 0.)

w = np.linalg.solve(X.T @ X, X.T @ y)
loss, dW, db = fastlc.linear_squared_error(X, y, w[None, :], np.zeros(1))
print(f"direct:  loss {loss:.6f}, largest |gradient| {np.abs(dW).max():.0e}")

# %%
# The way down
# ------------
# Full-batch gradient descent from 0. The loss is a bowl, whose curvatures are the eigenvalues of ``2/N Xᵀ X``. A rate
# below 2 / the largest descends; the smallest says how long it takes.

curvatures = np.linalg.eigvalsh(2 / N * X.T @ X)
lr = 1 / curvatures[-1]
W, b = np.zeros((1, D)), np.zeros(1)
losses, distances = [], []
for _ in range(10_000):
    value, dW, db = fastlc.linear_squared_error(X, y, W, b)
    losses.append(value)
    distances.append(np.abs(W[0] - w).max())
    fastlc.sgd_step(W, dW, lr)
    fastlc.sgd_step(b, db, lr)
print(f"descent: loss {value:.6f}, largest difference from the direct weights {np.abs(W[0] - w).max():.0e}")
print(f"curvatures from {curvatures[0]:.4f} to {curvatures[-1]:.2f}: the rate is below {2 / curvatures[-1]:.2f}")

# %%
# Why not direct always?
# ----------------------
# The system costs N D² + D³ operations, a step of descent N D. It needs at least D independent examples, or ``Xᵀ X``
# has no inverse; and the condition number of that is the square of the condition number of X, so that up to twice as
# many digits are lost (`numpy.linalg.lstsq` works on X itself). And softmax, the SVM or L1 have no such system at all.

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
plot.learning_curve({"": np.array(losses[:300]) - loss}, left, first_epoch=0, xlabel="step", log=True)
left.set(ylabel="loss − least loss", title="descent")
right.plot(w, "o", markersize=9, markerfacecolor="none", label="direct")
right.plot(W[0], "x", label="descent")
right.axhline(0, color="gray", linewidth=0.8)
right.set(xticks=range(D), xlabel="feature", ylabel="weight", title="weights")
right.legend(frameon=False)
right.spines[["top", "right"]].set_visible(False)
figure.savefig("08_regression.png")
