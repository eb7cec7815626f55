"""
Mini-batches, and rates that decay
==================================

The gradient of a few examples is a noisy one of all, at a fraction of the price. So many cheap steps beat few dear
ones, until noise is all that is left: then the learning rate has to fall.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes

import fastlc
from fastlc import optim, plot
from fastlc.data import load_digits

# %%
# Full batch and mini-batches
# ---------------------------
# The same digits, the same number of passes over them. Smaller batches make more steps in a pass, and get further. But
# their gradients are noisier: below some size, here 256 rows, the rate has to fall with it, and more steps bring no
# more. One row a step is stochastic gradient descent in its first sense. For each size the best of several rates, and
# the loss of all digits after each pass.

X, y, shape = load_digits()
X -= X.mean(axis=0)
EPOCHS = 15
RATES = [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0]


def train(batch_size, lr):
    curve = []

    def measure(epoch, result):
        curve.append(fastlc.linear_cross_entropy(X, y, result.W, result.b, grad=False))

    fastlc.fit(X, y, epochs=EPOCHS, batch_size=batch_size, lr=lr, callback=measure)
    return curve


by_batch, best_rate = {}, {}
for batch_size in (len(X), 256, 32, 4, 1):
    curves = [train(batch_size, lr) for lr in RATES]
    best = int(np.argmin([curve[-1] for curve in curves]))
    name = {len(X): "all rows", 1: "1 row"}.get(batch_size, f"{batch_size} rows")
    by_batch[name], best_rate[name] = curves[best], RATES[best]
    steps = EPOCHS * -(-len(X) // batch_size)
    print(f"{name:9} {steps:6} steps at {RATES[best]:g}: loss {curves[best][-1]:.4f}")

# %%
# Decay
# -----
# A regression with noise, whose least loss is known. With a constant rate the weights end up dancing around the best
# ones, the wider the larger the rate. With one that falls they settle; if it falls too soon, before they have arrived.

features, target = load_diabetes(return_X_y=True)
features = (features - features.mean(axis=0)) / features.std(axis=0)
target = (target - target.mean()) / target.std()
least = np.linalg.lstsq(features, target, rcond=None)[0]
least_loss = fastlc.linear_squared_error(features, target, least[None, :], grad=False)

PASSES, BATCH = 200, 8
steps = PASSES * -(-len(features) // BATCH)
schedules = {
    "constant 0.03": optim.constant(0.03),
    "constant 0.003": optim.constant(0.003),
    "halved every 20 passes": optim.step_decay(0.03, factor=0.5, every=steps // 10),
    "cosine": optim.cosine(0.03, steps=steps),
}
excess = {}
for name, schedule in schedules.items():
    curve = []

    def measure(epoch, result, curve=curve):
        value = fastlc.linear_squared_error(features, target, result.W, result.b, grad=False)
        curve.append(value - least_loss)

    fastlc.fit(features, target, loss="squared_error", epochs=PASSES, batch_size=BATCH, lr=schedule, callback=measure)
    excess[name] = curve
    print(f"{name:24} loss above the least: {np.mean(curve[-10:]):.1e}")

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
plot.learning_curve(by_batch, left, log=True)
left.set_title("softmax, digits: rows a step")
plot.learning_curve(excess, right, ylabel="loss − least loss", log=True)
right.set_title("regression: learning rates")
figure.savefig("12_mini_batches.png")
