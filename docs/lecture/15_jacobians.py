"""
Sizes of derivatives
====================

The derivative of m numbers by n numbers is a matrix of m × n, the Jacobian. A batch makes these large and mostly empty,
which is why nobody stores them, and why the chain rule gives the gradient of a loss without them.
"""

import matplotlib.pyplot as plt
import numpy as np

import fastlc
from fastlc.lecture import jacobian

N, D, C = 4, 3, 5
rng = np.random.default_rng(0)
X, W, b = rng.normal(size=(N, D)), rng.normal(size=(C, D)), rng.normal(size=C)
y = np.array([0, 2, 4, 2])

# %%
# Of one example
# --------------
# ``s = W x + b`` goes from D numbers to C; softmax, log-softmax and the sigmoid from C to C.

of_x = jacobian.linear(X[0], W)
s = fastlc.scores(X[:1], W, b)[0]
print("∂s/∂x", of_x.X.shape, " ∂s/∂W", of_x.W.shape, " ∂s/∂b", of_x.b.shape)
print("∂p/∂s", jacobian.softmax(s).shape, " = diag(p) − p pᵀ:")
print(jacobian.softmax(s).round(3))

# %%
# Of a batch
# ----------
# N × C scores by N × D inputs: four axes, or as a matrix (N C) × (N D), with a block of W for each example and zeros
# between different ones. By W, which all examples share, there is one strip an example, ``I ⊗ xᵀ``, below each other.

S = fastlc.scores(X, W, b)
of_batch = jacobian.linear(X, W)
matrices = {
    "∂S/∂X": jacobian.matrix(jacobian.block_diagonal(of_batch.X), outputs=2),
    "∂S/∂W": jacobian.matrix(of_batch.W, outputs=2),
    "∂S/∂b": jacobian.matrix(of_batch.b, outputs=2),
    "∂ log P/∂S": jacobian.matrix(jacobian.block_diagonal(jacobian.log_softmax(S)), outputs=2),
    "∂P/∂S": jacobian.matrix(jacobian.block_diagonal(jacobian.softmax(S)), outputs=2),
}
for name, matrix in matrices.items():
    print(f"{name:11} {matrix.shape!s:9} of which {np.mean(matrix == 0):.0%} are 0")

# %%
# The chain
# ---------
# The loss is the mean of −log p_y: one number by N × C. Times the Jacobian of log-softmax, times that of the linear
# map: a row of C × D numbers, which is the gradient of W, flattened.

of_log = np.zeros((N, C))
of_log[np.arange(N), y] = -1 / N
of_scores = of_log.reshape(1, N * C) @ matrices["∂ log P/∂S"]
chained = (of_scores @ matrices["∂S/∂W"]).reshape(C, D)
chained_bias = (of_scores @ matrices["∂S/∂b"]).ravel()
_, dW, db = fastlc.linear_cross_entropy(X, y, W, b)
print(
    "the fused gradient is that product: to",
    f"{np.abs(chained - dW).max():.0e} and {np.abs(chained_bias - db).max():.0e}",
)

# %%
# For the images of Fashion-MNIST, 60000 × 784 with ten classes, ∂S/∂W would be

rows, columns = 60_000 * 10, 10 * 784
print(f"{rows} × {columns}, {rows * columns * 4 / 2**30:.1f} GiB in float32; the gradient has {columns} numbers")

figure, axes = plt.subplots(
    1, 5, figsize=(11, 3.4), layout="constrained", width_ratios=[m.shape[1] for m in matrices.values()]
)
for ax, (name, matrix) in zip(axes, matrices.items(), strict=True):
    limit = np.abs(matrix).max()
    ax.imshow(matrix, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    ax.set_title(f"{name}\n{matrix.shape[0]} × {matrix.shape[1]}", fontsize="small")
    ax.set(xticks=[], yticks=[])
figure.savefig("15_jacobians.png")
