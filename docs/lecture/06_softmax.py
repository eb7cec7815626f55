"""
Softmax and cross-entropy
=========================

Softmax makes probabilities of scores, ``p_i = exp(s_i) / Σ_j exp(s_j)``. The cross-entropy of an example is minus the
log of the probability of its class, so its mean is small where the model finds the labels likely.
"""

import math

import matplotlib.pyplot as plt
import numpy as np

import fastlc
from fastlc.data import load_digits

# %%
# From logits to probabilities
# ----------------------------
# The scores are called logits here. The probabilities are positive and add to 1. Only differences of scores count:
# whatever is added to all of them changes nothing, which is how softmax is computed without overflow, with the largest
# score subtracted first.

s = np.array([[2.0, 1.0, -1.0]])
p = fastlc.softmax(s)
shifted, huge = fastlc.softmax(s + 100), fastlc.softmax(np.array([[1e4, 0.0, -1e4]]))
print("scores", s[0], " probabilities", p[0].round(4), f" sum {p.sum():.4f}")
print("scores + 100          probabilities", shifted[0].round(4))
print("scores ±10000         probabilities", huge[0])

# %%
# Smallest, largest, and first value
# ----------------------------------
# The loss is never below 0, and nears it as the right score rises above the others. It has no largest value: it grows
# with the score of a wrong class. With W = 0 all C classes are as likely, and it is ln C, whatever the data: the first
# thing to look at in training.

y = np.array([0])
smallest = [fastlc.cross_entropy(np.array([[margin, 0.0, 0.0]]), y, grad=False) for margin in (1.0, 10.0, 30.0)]
largest = [fastlc.cross_entropy(np.array([[0.0, wrong, 0.0]]), y, grad=False) for wrong in (10.0, 1e3, 1e6)]
X, labels, shape = load_digits()
at_start = fastlc.linear_cross_entropy(X, labels, np.zeros((10, 64), np.float32), grad=False)
print("loss, right score higher by 1, 10, 30:      ", ", ".join(f"{loss:.3g}" for loss in smallest))
print("loss, wrong score higher by 10, 10³, 10⁶:   ", ", ".join(f"{loss:.7g}" for loss in largest))
print(f"loss of the digits at W = 0: {at_start:.6f};  ln 10 = {math.log(10):.6f}")

# %%
# Maximum likelihood
# ------------------
# If the examples are independent, the likelihood of all labels is the product of their probabilities. Its logarithm is
# −N times the mean loss, so the weights of least loss are those of maximum likelihood.
#
# The name comes from distributions: the cross-entropy of p relative to q is ``H(q, p) = −Σ q_i ln p_i``, and the
# Kullback–Leibler divergence ``KL(q ‖ p) = Σ q_i ln (q_i / p_i) = H(q, p) − H(q, q)``. A label is a distribution that
# is certain, q = onehot(y): its own entropy H(q, q) is 0, so that loss, cross-entropy and divergence are one. With soft
# targets the loss is the cross-entropy still, and the divergence is less by H(q, q), which does not depend on W: the
# same W is best.

result = fastlc.fit(X, labels, lr=0.1, momentum=0.9)
probabilities = result.predict_proba(X)[np.arange(len(X)), labels].astype(np.float64)
log_likelihood = np.log(probabilities).sum()
loss = fastlc.linear_cross_entropy(X, labels, result.W, result.b, grad=False)
print(f"log-likelihood of the digits' labels {log_likelihood:.3f};  −N · loss = {-len(X) * loss:.3f}")

q = np.array([[0.7, 0.2, 0.1]])
cross_entropy = fastlc.cross_entropy(s, q, grad=False)
divergence = (q * np.log(q / p)).sum()
entropy = -(q * np.log(q)).sum()
print(f"soft targets: cross-entropy {cross_entropy:.4f} = divergence {divergence:.4f} + entropy {entropy:.4f}")

# %%
# The gradient
# ------------
# By the scores it is simply ``p − onehot(y)``: each score is pulled by as much as its probability is wrong.

loss, dS = fastlc.cross_entropy(s, y)
print("gradient", dS[0].round(4), " p − onehot", (p - np.eye(3)[y])[0].round(4))

# %%
# Scores times a large number make softmax as decided as argmax; times 0, undecided. On the right, the loss of one
# example.

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
factors = np.geomspace(0.01, 20, 200)
for c, curve in enumerate(fastlc.softmax(factors[:, None] * s).T):
    left.plot(factors, curve, label=f"score {s[0, c]:g}", linewidth=1.8)
left.axhline(1 / 3, color="gray", linewidth=0.8, linestyle=":")
left.set(xscale="log", xlabel="scores multiplied by", ylabel="probability", title="softmax")
left.legend(frameon=False)
likely = np.linspace(0.001, 1, 300)
right.plot(likely, -np.log(likely), linewidth=1.8)
right.plot(0.1, math.log(10), "o", color="tab:orange", label="ten classes, W = 0")
right.set(xlabel="probability of the right class", ylabel="loss", title="cross-entropy", ylim=(0, 7))
right.legend(frameon=False)
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
figure.savefig("06_softmax.png")
