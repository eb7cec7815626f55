"""Data to try a linear classifier on: small images.

Nothing is downloaded. UCI's digits are those that scikit-learn carries; files in the IDX format of MNIST are read from
a folder, such as the one that Debian's package dataset-fashion-mnist installs. Images come as the rows of X, float32 in
[0, 1].

The IDX format (described with MNIST, http://yann.lecun.com/exdb/mnist/): two zero bytes, one byte for the type of the
values, one for the number of dimensions, a big-endian uint32 for each dimension, then the values, big-endian, in
C order.
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from io import BufferedIOBase
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .reference import Array

Rows = NDArray[np.float32]
Labels = NDArray[np.int64]

_IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_PIECE = 2**20
"""Bytes read at a time."""
_IDX_NAMES = tuple(f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))


def load_digits() -> tuple[Rows, Labels, tuple[int, int]]:
    """UCI's handwritten digits, 8 × 8 pixels, from the copy that scikit-learn carries.

    Returns
    -------
    X : (1797, 64) float32
        One image a row, in [0, 1].
    y : (1797,) int64
        The digit, in [0, 10).
    shape : (8, 8)
        Of an image: ``X[i].reshape(shape)``.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    Examples
    --------
    >>> from fastlc.data import load_digits
    >>> X, y, shape = load_digits()
    >>> X.shape, y[:5], shape
    ((1797, 64), array([0, 1, 2, 3, 4]), (8, 8))
    """
    try:
        from sklearn.datasets import load_digits as load
    except ImportError as error:
        raise ImportError("fastlc.data.load_digits needs scikit-learn: pip install 'fastlc[demo]'") from error
    digits = load()
    return (digits.data / 16).astype(np.float32), digits.target.astype(np.int64), (8, 8)


def load_idx(path: str | os.PathLike[str]) -> Array:
    """The array in one IDX file, plain or gzipped (told apart by content, not by name).

    The header is read first, then as many bytes as it promises: so a small gzip file that unpacks to a very large one
    takes no memory for it.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Array of the file's shape: uint8, int8, int16, int32, float32 or float64, in native byte order.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not an IDX file, or is longer or shorter than its header says.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fastlc.data import load_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "two-by-three-int16")
    ...     header = bytes([0, 0, 0x0B, 2, 0, 0, 0, 2, 0, 0, 0, 3])
    ...     size = path.write_bytes(header + bytes([0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6]))
    ...     load_idx(path)
    array([[1, 2, 3],
           [4, 5, 6]], dtype=int16)
    """
    with Path(path).open("rb") as file:
        if file.peek(2)[:2] != b"\x1f\x8b":
            return _read_idx(file, path)
        try:
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _read_idx(unpacked, path)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"{path} is a truncated or damaged gzip file: {error}") from error


def load_idx_folder(folder: str | os.PathLike[str]) -> tuple[Rows, Labels, Rows, Labels, tuple[int, int]]:
    """Training and test set of a folder of four IDX files with MNIST's names, each gzipped or not.

    The files are train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte,
    or the same with .gz: MNIST, Fashion-MNIST, Kuzushiji-MNIST and others.

    Parameters
    ----------
    folder : str or path

    Returns
    -------
    X : (N, D) float32
        Training images, one a row, in [0, 1].
    y : (N,) int64
    X_test : (M, D) float32
    y_test : (M,) int64
    shape : (height, width)
        Of an image; ``height * width == D``.

    Raises
    ------
    FileNotFoundError
        If a file is missing; the message lists what was looked for.
    ValueError
        If a file is damaged, or the files do not belong together.

    Examples
    --------
    >>> from fastlc.data import load_idx_folder
    >>> X, y, X_test, y_test, shape = load_idx_folder("/usr/share/datasets/fashion-mnist")  # doctest: +SKIP
    >>> X.shape, X_test.shape, shape  # doctest: +SKIP
    ((60000, 784), (10000, 784), (28, 28))
    """
    paths = _find_all(Path(folder))
    X, y, X_test, y_test = (load_idx(path) for path in paths)
    for images, path in ((X, paths[0]), (X_test, paths[2])):
        if images.ndim != 3 or images.dtype != np.uint8 or images.size == 0:
            raise ValueError(
                f"{path}: expected images, uint8 of shape (N, height, width), none of them 0, "
                f"got {images.dtype} of shape {images.shape}"
            )
    for labels, images, path in ((y, X, paths[1]), (y_test, X_test, paths[3])):
        if labels.shape != images.shape[:1] or labels.dtype != np.uint8:
            raise ValueError(
                f"{path}: expected a label for each image, uint8 of shape ({len(images)},), "
                f"got {labels.dtype} of shape {labels.shape}"
            )
    height, width = X.shape[1:]
    tall, wide = X_test.shape[1:]
    if (tall, wide) != (height, width):
        raise ValueError(f"{folder}: training images are {height} x {width} pixels, test images {tall} x {wide}")
    return _rows(X), y.astype(np.int64), _rows(X_test), y_test.astype(np.int64), (height, width)


def _read_idx(file: BufferedIOBase, path: str | os.PathLike[str]) -> Array:
    """The array in a file, of which no more is read, or unpacked, than its header promises and one byte beyond."""
    start = _read(file, 4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _IDX_TYPES:
        types = ", ".join(f"{code:02x}" for code in _IDX_TYPES)
        raise ValueError(
            f"{path} is not an IDX file: expected it to begin with the bytes 00 00, a type ({types}) and the number of "
            f"dimensions, got {start.hex(' ') or 'an empty file'}"
        )
    dtype, ndim = np.dtype(_IDX_TYPES[start[2]]), start[3]
    sizes = _read(file, 4 * ndim)
    header = 4 + 4 * ndim
    if 4 + len(sizes) < header:
        raise ValueError(f"{path} is truncated: expected a header of {header} bytes, got {4 + len(sizes)} bytes")
    shape = struct.unpack(f">{ndim}I", sizes)
    promised = prod(shape) * dtype.itemsize
    values = _read(file, promised + 1)
    if len(values) != promised:
        problem, more = ("is truncated", "") if len(values) < promised else ("is too long", " or more")
        raise ValueError(
            f"{path} {problem}: expected {header + promised} bytes for {dtype.name} of shape {shape}, "
            f"got {header + len(values)} bytes{more}"
        )
    try:
        array = np.frombuffer(values, dtype).reshape(shape)
    except ValueError as error:  # up to 255 dimensions, and a size of 0 beside any others
        raise ValueError(f"{path}: expected a shape that NumPy can have, got {shape}: {error}") from error
    return array.astype(dtype.newbyteorder("="), copy=False)


def _read(file: BufferedIOBase, size: int) -> bytearray:
    """So many bytes, or what there is; in pieces, for the size may be a promise that no memory could hold."""
    content = bytearray()
    while len(content) < size and (piece := file.read(min(size - len(content), _PIECE))):
        content += piece
    return content


def _find_all(folder: Path) -> list[Path]:
    """The four files, in the order of `_IDX_NAMES`."""
    found = [[path for path in (folder / name, folder / f"{name}.gz") if path.is_file()] for name in _IDX_NAMES]
    missing = [name for name, paths in zip(_IDX_NAMES, found, strict=True) if not paths]
    if missing:
        raise FileNotFoundError(f"not found in {folder}, neither as they are nor with .gz: {', '.join(missing)}")
    return [paths[0] for paths in found]


def _rows(images: NDArray[np.uint8]) -> Rows:
    """Images (N, height, width) of bytes as rows (N, D) in [0, 1]."""
    rows = images.reshape(len(images), -1).astype(np.float32)
    rows /= 255
    return rows
