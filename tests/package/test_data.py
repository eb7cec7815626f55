"""Data sets: every IDX type there and back, plain and gzipped; each kind of damage refused."""

from __future__ import annotations

import errno
import gzip
import os
import struct
import tracemalloc
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastlc.data import load_digits, load_idx, load_idx_folder

CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
FASHION_MNIST = Path(os.environ.get("FASTLC_FASHION_MNIST", "/usr/share/datasets/fashion-mnist"))


def idx(array: np.ndarray) -> bytes:
    """The bytes of an IDX file."""
    header = bytes([0, 0, CODES[array.dtype.name], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small set of images: 6 for training and 4 for testing, of 2 x 3 pixels, the test set gzipped."""
    rng = np.random.default_rng(0)
    for part, N in (("train", 6), ("t10k", 4)):
        images = rng.integers(256, size=(N, 2, 3), dtype=np.uint8)
        images[0, 0] = [0, 51, 255]
        for name, array in (("images-idx3", images), ("labels-idx1", np.arange(N, dtype=np.uint8) % 3)):
            path = tmp_path / f"{part}-{name}-ubyte"
            if part == "train":
                path.write_bytes(idx(array))
            else:
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(idx(array)))
    return tmp_path


def test_digits() -> None:
    pytest.importorskip("sklearn")
    X, y, shape = load_digits()
    assert (X.shape, X.dtype, y.shape, y.dtype, shape) == ((1797, 64), np.float32, (1797,), np.int64, (8, 8))
    assert (X.min(), X.max()) == (0, 1)
    assert set(y) == set(range(10))


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3), (2, 0, 4), (2, 3, 4, 5)], ids=str)
@pytest.mark.parametrize("dtype", CODES)
def test_idx_there_and_back(tmp_path: Path, dtype: str, shape: tuple[int, ...], compress) -> None:
    array = np.asarray(np.random.default_rng(0).normal(size=shape) * 100 % 127).astype(dtype)
    path = tmp_path / "array"
    path.write_bytes(compress(idx(array)))
    loaded = load_idx(path)
    assert loaded.dtype == np.dtype(dtype)
    assert loaded.dtype.isnative
    assert loaded.flags.writeable
    np.testing.assert_array_equal(loaded, array, strict=True)


GOOD = idx(np.arange(6, dtype=np.int16).reshape(2, 3))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not an IDX file: expected it to begin with the bytes 00 00, a type .* got an empty file"),
        (b"\0\0\x08", "is not an IDX file.* got 00 00 08"),
        (b"\x89PNG....", "is not an IDX file.* got 89 50 4e 47"),
        (b"\0\0\x0a\1\0\0\0\0", r"is not an IDX file.*\(08, 09, 0b, 0c, 0d, 0e\).* got 00 00 0a 01"),
        (GOOD[:9], "is truncated: expected a header of 12 bytes, got 9 bytes"),
        (GOOD[:-1], r"is truncated: expected 24 bytes for int16 of shape \(2, 3\), got 23 bytes"),
        (GOOD + b"\0", r"is too long: expected 24 bytes for int16 of shape \(2, 3\), got 25 bytes"),
        (b"\0\0\x0e\4" + b"\xff" * 16, "is truncated: expected 2722258932832206508135981771861358805020 bytes"),
        (gzip.compress(GOOD)[:-9], "is a truncated or damaged gzip file"),
        (gzip.compress(GOOD)[:-8] + b"\0" * 8, "is a truncated or damaged gzip file: CRC check failed"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff\xff", "is a truncated or damaged gzip file"),
        (b"\x1f\x8b", "is a truncated or damaged gzip file"),
        (b"\x1f\x8b\x07\0\0\0\0\0\0\0", "is a truncated or damaged gzip file: Unknown compression method"),
        (gzip.compress(GOOD) + b"more", "is a truncated or damaged gzip file: Not a gzipped file"),
        (gzip.compress(GOOD[:9]), "is truncated: expected a header of 12 bytes, got 9 bytes"),
        (gzip.compress(GOOD[:-1]), r"is truncated: expected 24 bytes for int16 of shape \(2, 3\), got 23 bytes"),
        (gzip.compress(GOOD + b"more"), "is too long: expected 24 bytes .*, got 25 bytes or more"),
        (gzip.compress(GOOD) + gzip.compress(b"more"), "is too long: expected 24 bytes .*, got 25 bytes or more"),
        (gzip.compress(b"no array"), "is not an IDX file.* got 6e 6f 20 61"),
        (b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"\0", r": expected a shape that NumPy can have, got \(1, 1, "),
        (b"\0\0\x08\4" + b"\xff" * 12 + b"\0" * 4, r": expected a shape that NumPy can have, got \(4294967295, "),
    ],
)
def test_idx_refuses_damage(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "damaged"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"damaged ?{message}"):
        load_idx(path)


def test_gzip_members_are_one_file(tmp_path: Path) -> None:
    path = tmp_path / "members"
    path.write_bytes(b"".join(gzip.compress(GOOD[i : i + 5]) for i in range(0, len(GOOD), 5)) + b"\0" * 7)
    np.testing.assert_array_equal(load_idx(path), np.arange(6).reshape(2, 3))


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("shape", "surplus", "problem"),
    [
        ((), 2**26, "is too long"),
        ((10,), 2**26, "is too long"),
        ((2**20 + 1,), 2**26, "is too long"),
        ((2**32 - 1,), 0, "is truncated"),
        ((2**31, 2**10), 0, "is truncated"),
        ((2**32 - 1,) * 3, 0, "is truncated"),
    ],
    ids=str,
)
def test_memory_is_taken_for_what_is_promised_and_there(
    tmp_path: Path, shape: tuple[int, ...], surplus: int, problem: str, compress: Any
) -> None:
    """Neither for 64 MiB behind the array, which gzip packs into 64 KiB, nor for a header's word alone."""
    values = prod(shape) if surplus else 3
    header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    path = tmp_path / "file"
    path.write_bytes(compress(header + b"\xff" * (values + surplus)))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=rf"file {problem}: expected \d+ bytes for uint8 of shape \("):
            load_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()


def test_a_disk_that_fails_is_no_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: Any) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    (tmp_path / "file").write_bytes(gzip.compress(GOOD))
    monkeypatch.setattr(gzip.GzipFile, "read", fails)
    with pytest.raises(OSError, match="Input/output error"):
        load_idx(tmp_path / "file")


def test_idx_without_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing-here"):
        load_idx(tmp_path / "nothing-here")


def test_folder(folder: Path) -> None:
    X, y, X_test, y_test, shape = load_idx_folder(str(folder))
    assert (X.shape, y.shape, X_test.shape, y_test.shape, shape) == ((6, 6), (6,), (4, 6), (4,), (2, 3))
    assert (X.dtype, y.dtype, X_test.dtype, y_test.dtype) == (np.float32, np.int64, np.float32, np.int64)
    np.testing.assert_array_equal(X[0, :3], np.array([0, 0.2, 1], np.float32))
    np.testing.assert_array_equal(y, [0, 1, 2, 0, 1, 2])


def test_folder_lists_what_is_missing(folder: Path) -> None:
    (folder / NAMES[1]).unlink()
    (folder / f"{NAMES[2]}.gz").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        load_idx_folder(folder)
    assert str(caught.value) == f"not found in {folder}, neither as they are nor with .gz: {NAMES[1]}, {NAMES[2]}"


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (NAMES[0], np.zeros((6, 2, 3), np.int16), "expected images, uint8 .*, got int16 of shape"),
        (NAMES[0], np.zeros((6, 6), np.uint8), r"expected images, .*got uint8 of shape \(6, 6\)"),
        (NAMES[0], np.zeros((0, 2, 3), np.uint8), r"expected images, .*got uint8 of shape \(0, 2, 3\)"),
        (NAMES[0], np.zeros((6, 3, 2), np.uint8), r"training images are 3 x 2 pixels, test images 2 x 3"),
        (NAMES[1], np.zeros(5, np.uint8), r"expected a label for each image, uint8 of shape \(6,\), got .* \(5,\)"),
        (NAMES[1], np.zeros(6, np.float32), "expected a label for each image, .*got float32"),
    ],
)
def test_folder_refuses_what_does_not_fit(folder: Path, name: str, array: np.ndarray, message: str) -> None:
    (folder / name).write_bytes(idx(array))
    with pytest.raises(ValueError, match=message):
        load_idx_folder(folder)


@pytest.mark.skipif(
    not FASHION_MNIST.is_dir(), reason=f"no folder {FASHION_MNIST} (set FASTLC_FASHION_MNIST to one of IDX files)"
)
def test_fashion_mnist() -> None:
    X, y, X_test, y_test, shape = load_idx_folder(FASHION_MNIST)
    assert (X.shape, X_test.shape, shape) == ((60000, 784), (10000, 784), (28, 28))
    assert (X.min(), X.max()) == (0, 1)
    np.testing.assert_array_equal(np.bincount(y), [6000] * 10)
    np.testing.assert_array_equal(np.bincount(y_test), [1000] * 10)
