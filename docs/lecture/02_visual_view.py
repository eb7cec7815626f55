"""
Visual view: templates
======================

Each row of W has as many numbers as an image has pixels, so it is an image. The score is a dot product with it: how
well the image matches the template of the class.
"""

import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import fastlc
from fastlc import optim, plot
from fastlc.data import load_digits, load_idx_folder

# %%
# Digits
# ------
# Weights that are shrunk (`l2`) show more of the digits and less of the noise. Red pixels speak for a class, blue ones
# against it: the 0 wants its middle empty.

X, y, shape = load_digits()
mean = X.mean(axis=0)
X = X - mean
W, b = (result := fastlc.fit(X, y, lr=0.1, momentum=0.9, l2=0.01)).W, result.b
print(f"{(result.predict(X) == y).mean():.1%} of the digits that it was trained on are right")

template = W[3].reshape(shape)
image = X[3].reshape(shape)
score = (template * image).sum() + b[3]
print(
    f"template 3 times image, summed, plus bias: {score:.4f};  fastlc.scores: {fastlc.scores(X[3:4], W, b)[0, 3]:.4f}"
)

# %%
# What does class 3 like best, of all vectors as long as this image (with the mean taken off)? Its template: no other
# direction has a larger dot product with w than w itself (Cauchy and Schwarz).

length = np.linalg.norm(X[3])
best_image = W[3] / np.linalg.norm(W[3]) * length
best_score = float(W[3] @ best_image + b[3])
same_length = X / np.linalg.norm(X, axis=1, keepdims=True) * length
scores_of_others = same_length @ W[3] + b[3]
print(f"score of the template itself: {best_score:.2f};  best of {len(X)} digits as long: {scores_of_others.max():.2f}")

# %%
# Clothes
# -------
# Fashion-MNIST, where it is installed (FASTLC_FASHION_MNIST names a folder of its four files). One template a class is
# also what a linear classifier is limited to: shirts with long sleeves and with short ones, flat sandals and those with
# heels, are blended into one. See the three modes among the hard cases.

folder = Path(os.environ.get("FASTLC_FASHION_MNIST", "/usr/share/datasets/fashion-mnist"))
pictures = [("digits", W, shape, range(10))]
if folder.is_dir():
    Xf, yf, Xf_test, yf_test, shape_f = load_idx_folder(folder)
    mean_f = Xf.mean(axis=0)
    epochs, batch = 3, 128
    lr = optim.cosine(0.02, steps=epochs * -(-len(Xf) // batch))
    clothes = fastlc.fit(Xf - mean_f, yf, epochs=epochs, batch_size=batch, lr=lr, momentum=0.9, l2=0.01)
    accuracy_f = (clothes.predict(Xf_test - mean_f) == yf_test).mean()
    print(f"Fashion-MNIST: {accuracy_f:.1%} of the test images are right")
    names = ["T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
    pictures.append(("Fashion-MNIST", clothes.W, shape_f, names))
else:
    print("Fashion-MNIST: not installed")

figure, axes = plt.subplots(len(pictures), 1, figsize=(8, 3.8 * len(pictures)), layout="constrained", squeeze=False)
for ax, (title, weights, image_shape, classes) in zip(axes[:, 0], pictures, strict=True):
    plot.templates(weights, image_shape, classes, ax, columns=5)
    ax.set_title(title, pad=14)
figure.savefig("02_visual_view.png")
