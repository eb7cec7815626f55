"""
Search: random, evolution, gradient
===================================

How does one find W? Try random ones; breed a population of them; or ask the loss in which direction it falls. The same
objective for all: the softmax loss of the digits, over the 650 numbers of [W b].
"""

import matplotlib.pyplot as plt
import numpy as np

import fastlc
from fastlc import plot
from fastlc.data import load_digits
from fastlc.lecture.search import evolution, random_search
from fastlc.lecture.shapes import append_ones

X, y, shape = load_digits()
X = append_ones(X - X.mean(axis=0))
start = np.zeros((10, X.shape[1]), np.float32)
EVALUATIONS = 4000


def objective(W):
    return fastlc.linear_cross_entropy(X, y, W, grad=False)


# %%
# Without gradients
# -----------------
# `fastlc.lecture.search.random_search` tries points around 0, or with ``local=True`` around the best one so far.
#
# Genetic algorithms keep a population. Children are made of their parents by mutation, a random change, and crossover,
# some numbers of one and some of another; selection lets the fitter live on. `fastlc.lecture.search.evolution` is one
# of the family, SciPy's differential evolution: its mutation adds a multiple of the difference of two members to the
# best one, its crossover mixes the sum with a third member, and its selection keeps that member or the mixture,
# whichever is better. Here 50 members have to do, for 650 numbers; it would want thousands, and many more evaluations.

found = {
    "random search": random_search(objective, start, evaluations=EVALUATIONS, scale=0.1),
    "local random search": random_search(objective, start, evaluations=EVALUATIONS, scale=0.02, local=True),
    "evolution": evolution(objective, start, evaluations=EVALUATIONS, scale=0.1),
}
best = {name: result.history for name, result in found.items()}
weights = {name: result.x for name, result in found.items()}

# %%
# With gradients
# --------------
# A loss with its gradient costs about two losses without, and is counted as two. The gradient says for each of the 650
# numbers which way to go, and how much it matters; a random step is right for about half of them.

W, values = start.copy(), []
while 2 * len(values) < EVALUATIONS:
    loss, dW, _ = fastlc.linear_cross_entropy(X, y, W)
    values.append(loss)
    fastlc.sgd_step(W, dW, lr=2.0)
best["gradient descent"] = np.repeat(np.minimum.accumulate(values), 2)
weights["gradient descent"] = W

# Mini-batches: each of 64 rows costs 64 / 1797 of the whole.
batch, W = 64, start.copy()
rng, values, rows = np.random.default_rng(0), [], 0
state = fastlc.SGDState(W)
while 2 * rows < EVALUATIONS * len(X) / 20:  # a twentieth of what the others got
    fastlc.sgd_epoch(
        X, y, W, loss="cross_entropy", lr=0.5, batch_size=batch, order=rng.permutation(len(X)), state=state
    )
    rows += len(X)
    values.append(objective(W))
best["mini-batch SGD"] = np.repeat(np.minimum.accumulate([objective(start), *values]), 2)
weights["mini-batch SGD"] = W

print("                      evaluations   loss     training digits right")
for name, curve in best.items():
    right = (fastlc.predict(X, weights[name]) == y).mean()
    print(f"{name:20} {len(curve):10} {curve[-1]:10.4f} {right:12.1%}")

figure, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
plot.learning_curve(best, ax, xlabel="evaluations of the loss on all digits", ylabel="best loss so far", log=True)
ax.set(xscale="log", xlim=(1, EVALUATIONS))
figure.savefig("10_search.png")
