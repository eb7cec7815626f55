"""
Decision rules
==============

From scores to a label: the sign of one score for two classes, one against the rest for more of them, or the highest of
all scores.
"""

import matplotlib.pyplot as plt
import numpy as np

import fastlc
from fastlc import plot
from fastlc.data import load_digits

# %%
# Two classes: a sign
# -------------------
# One row of weights is enough: label 1 where the score is positive. Two rows of softmax are the same model, since
# ``softmax(s)₁ = σ(s₁ − s₀)``: what counts is their difference. (Trained at the same rate it learns twice as fast, as
# both rows move. Hence the different shares.)

X, y, shape = load_digits()
X -= X.mean(axis=0)
even = (y % 2 == 0).astype(int)
one_row = fastlc.fit(X, even, loss="logistic", n_classes=1, lr=0.1)
two_rows = fastlc.fit(X, even, loss="cross_entropy", lr=0.1)
difference = two_rows.W[1:] - two_rows.W[:1], two_rows.b[1:] - two_rows.b[:1]
same_label = (fastlc.predict(X, *difference) == two_rows.predict(X)).mean()
right = [(classifier.predict(X) == even).mean() for classifier in (one_row, two_rows)]
print(f"even or odd: one row {right[0]:.1%} right, two rows {right[1]:.1%}")
print(f"the sign of the difference of two rows: the same label for {same_label:.1%}")

# %%
# Many classes: one against the rest
# ----------------------------------
# Ten binary classifiers, each of which says yes to its digit and no to all others. Several may say yes, or none; the
# highest score decides.

rest = fastlc.fit(X, y, loss="logistic", lr=0.1, momentum=0.9)
softmax = fastlc.fit(X, y, loss="cross_entropy", lr=0.1, momentum=0.9)
yes = (rest.scores(X) > 0).sum(axis=1)
print(f"one against the rest: none says yes to {(yes == 0).sum()} digits, several to {(yes > 1).sum()}")
accuracy = {"one against the rest": (rest.predict(X) == y).mean(), "softmax": (softmax.predict(X) == y).mean()}
print("right:", ", ".join(f"{name} {share:.1%}" for name, share in accuracy.items()))

# %%
# In the plane
# ------------
# A class between two others: no line parts it from all the rest. The best that its own binary classifier can do is a
# score that hardly depends on x, about ln 1/2 for a third of the points, so it never says yes. The class is found all
# the same, where the others say no more firmly than it does: the highest score is the rule, not the sign.

rng = np.random.default_rng(0)
centres = np.array([[-2, 0], [0, 0], [2, 0]])
labels = rng.integers(3, size=450)
points = (centres[labels] + 0.4 * rng.standard_normal((450, 2))).astype(np.float32)
results = {loss: fastlc.fit(points, labels, loss=loss, lr=0.2, epochs=100) for loss in ("logistic", "cross_entropy")}
in_middle = labels == 1
yes_of_middle = (results["logistic"].scores(points)[in_middle, 1] > 0).sum()
found = {loss: (result.predict(points) == labels)[in_middle].mean() for loss, result in results.items()}
print(f"the middle one of three classes says yes to {yes_of_middle} of its {in_middle.sum()} points")
print("its points found by the highest score:", ", ".join(f"{loss} {share:.0%}" for loss, share in found.items()))


def says_yes(X):
    """The class that says yes to a point, 8 if there are several, 7 if there is none."""
    yes = results["logistic"].scores(X) > 0
    return np.select([yes.sum(axis=1) == 1, yes.sum(axis=1) > 1], [yes.argmax(axis=1), 8], 7)


# %%
# The line of the middle class is far from its points, or outside the picture: that is where a score that hardly depends
# on x is 0.

square = {"xlim": (-3.5, 3.5), "ylim": (-3.5, 3.5)}
figure, axes = plt.subplots(1, 3, figsize=(10, 3.8), layout="constrained")
plot.decision_regions(says_yes, points, ax=axes[0], classes=range(10), **square)
plot.decision_regions(results["logistic"], points, labels, axes[1], **square)
plot.decision_regions(results["cross_entropy"], points, labels, axes[2], **square)
axes[0].set_title("one against the rest: who says yes\n(gray: nobody, yellow: several)")
axes[1].set_title("one against the rest:\nhighest score")
axes[2].set_title("softmax:\nhighest score")
for ax in axes:
    ax.set(xticks=[], yticks=[])
figure.savefig("05_decision_rules.png")
