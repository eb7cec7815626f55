"""The main job: what it must reach on real images, and the command line as a stranger meets it."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import fastlc
from fastlc import demo, reference, training
from fastlc.__main__ import main
from fastlc._files import whole
from fastlc.data import load_idx_folder

for module in ("matplotlib", "sklearn", "tqdm"):
    pytest.importorskip(module)
from matplotlib.figure import Figure  # noqa: E402

FASHION_MNIST = Path(os.environ.get("FASTLC_FASHION_MNIST", "/usr/share/datasets/fashion-mnist"))
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(fastlc.__file__).parents[1])}


def command(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fastlc", *args], cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=300
    )


def write_folder(folder: Path, classes: int) -> None:
    """A set of 40 + 10 images of 3 x 4 pixels in IDX files; the classes, at most 3, are stripes of their own."""
    rng = np.random.default_rng(0)
    for part, N in (("train", 40), ("t10k", 10)):
        labels = (np.arange(N) % classes).astype(np.uint8)
        images = np.where(np.arange(12) % 3 == labels[:, None], 200, rng.integers(50, size=(N, 12))).astype(np.uint8)
        header = bytes([0, 0, 8, 3, 0, 0, 0, N, 0, 0, 0, 3, 0, 0, 0, 4])
        (folder / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, N]) + labels.tobytes())


# What it must reach


@pytest.mark.parametrize("loss", demo.LOSSES)
def test_accuracy_on_digits(loss: str) -> None:
    accuracies = []
    for seed in range(5):
        X, y, X_test, y_test, _ = demo.split_digits(seed)
        X, X_test = demo.normalise(X, X_test)
        accuracies.append((demo.train(X, y, loss=loss, seed=seed).predict(X_test) == y_test).mean())
    print(f"{loss}: mean {np.mean(accuracies):.4f} of {accuracies}")
    assert np.mean(accuracies) >= 0.95


@pytest.mark.skipif(
    not FASHION_MNIST.is_dir(), reason=f"no folder {FASHION_MNIST} (set FASTLC_FASHION_MNIST to one of IDX files)"
)
def test_accuracy_on_fashion_mnist() -> None:
    X, y, X_test, y_test, _ = load_idx_folder(FASHION_MNIST)
    X, X_test = demo.normalise(X, X_test)
    accuracy = (demo.train(X, y, loss="cross_entropy").predict(X_test) == y_test).mean()
    print(f"cross_entropy: {accuracy:.4f}")
    assert accuracy >= 0.83


# Its parts


@pytest.mark.parametrize("loss", demo.LOSSES)
def test_reference_trains_alike(loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, X_test, _, _ = demo.split_digits(0)
    X = demo.normalise(X, X_test)[0].astype(np.float64)
    fast = demo.train(X, y, loss=loss, epochs=2)
    monkeypatch.setattr(training, "sgd_epoch", reference.sgd_epoch)
    slow = demo.train(X, y, loss=loss, epochs=2)
    np.testing.assert_allclose(fast.history["loss"], slow.history["loss"], rtol=1e-10)
    np.testing.assert_allclose(fast.W, slow.W, atol=1e-9)


def test_training_is_repeatable() -> None:
    X, y, X_test, _, _ = demo.split_digits(0)
    X, _ = demo.normalise(X, X_test)
    runs = [demo.train(X, y, loss="hinge", epochs=3, seed=seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0].W, runs[1].W)
    assert not np.array_equal(runs[0].W, runs[2].W)
    assert len(runs[0].history["loss"]) == len(runs[0].history["seconds"]) == 3


def test_normalise_uses_training_rows_alone() -> None:
    rng = np.random.default_rng(0)
    X, X_test = rng.uniform(size=(50, 6)).astype(np.float32), rng.uniform(size=(7, 6)).astype(np.float32)
    X[:, 2] = X_test[:, 2] = 0.5
    before = X.copy(), X_test.copy()
    A, B = demo.normalise(X, X_test)
    assert A.dtype == B.dtype == np.float32
    np.testing.assert_allclose(A.mean(axis=0), 0, atol=1e-6)
    assert (A**2).sum(axis=1).mean() == pytest.approx(1, rel=1e-5)
    np.testing.assert_array_equal(demo.normalise(X, X_test[:3])[1], B[:3])
    np.testing.assert_array_equal(before[0], X)
    np.testing.assert_array_equal(before[1], X_test)
    assert not demo.normalise(np.ones((3, 2)), np.ones((1, 2)))[0].any()  # equal rows: nothing to divide by


# The command line


def test_demo_command(tmp_path: Path) -> None:
    done = command("demo", "--epochs", "2", "--output", "picture.png", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert re.search(r"1347 training and 450 test images of 8 x 8 pixels, 10 classes", done.stdout)
    assert re.search(r"softmax +2\.302585 +ln C  = 2\.302585 +ok", done.stdout)
    assert re.search(r"hinge +9\.000000 +C - 1 = 9\.000000 +ok", done.stdout)
    assert len(re.findall(r"largest relative error \d\.\de-\d\d +ok", done.stdout)) == 2
    rows = re.findall(r"(softmax|hinge) +(0\.\d{4}) +(0\.\d{4}) +[\d.]+ +[\d.]+ +[\d.]+x", done.stdout)
    assert [row[0] for row in rows] == ["softmax", "hinge"]
    assert all(float(accuracy) > 0.8 for row in rows for accuracy in row[1:])
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert os.listdir(tmp_path) == ["picture.png"]


def test_demo_on_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_folder(tmp_path, classes=3)
    output = tmp_path / "picture.svg"
    assert main(["demo", "--data", str(tmp_path), "--epochs", "3", "--batch-size", "100", "--output", str(output)]) == 0
    assert "40 training and 10 test images of 3 x 4 pixels, 3 classes" in capsys.readouterr().out
    assert output.stat().st_size > 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--epochs", "0"], "argument --epochs: expected a whole number >= 1, got '0'"),
        (["--epochs", "many"], "argument --epochs: expected a whole number >= 1, got 'many'"),
        (["--batch-size", "-1"], "argument --batch-size: expected a whole number >= 1, got '-1'"),
        (["--lr", "0"], "argument --lr: expected a finite number > 0, got '0'"),
        (["--lr", "nan"], "argument --lr: expected a finite number > 0, got 'nan'"),
        (["--lr", "fast"], "argument --lr: expected a finite number > 0, got 'fast'"),
        (["--seed", "-3"], "argument --seed: expected a whole number >= 0 and < 2^32, got '-3'"),
        (["--data", "nowhere"], "argument --data: 'nowhere' is not a folder"),
        (["--output", "picture.doc"], "argument --output: expected a file name that ends in .png, .pdf or .svg"),
        (["--output", "nowhere/picture.png"], "argument --output: cannot write 'nowhere/picture.png'"),
    ],
)
def test_demo_refuses_arguments(
    args: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(["demo", *args])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_demo_on_an_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--data", str(tmp_path), "--output", str(tmp_path / "picture.png")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("python -m fastlc demo: error: not found in ")
    assert "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte" in err


def test_demo_needs_two_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_folder(tmp_path, classes=1)
    assert main(["demo", "--data", str(tmp_path), "--output", str(tmp_path / "picture.png")]) == 2
    assert f"error: all training labels in {tmp_path} are 0: nothing to tell apart" in capsys.readouterr().err


def test_demo_names_missing_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert main(["demo", "--output", str(tmp_path / "picture.png")]) == 2
    expected = "python -m fastlc demo: error: the demo needs tqdm, scikit-learn: pip install 'fastlc[demo]'\n"
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize("wrong", ["loss", "gradient"])
def test_demo_fails_on_wrong_numbers(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = fastlc.LOSSES["hinge"]

    def linear(X, y, W, b, *, grad=True):
        if not grad:
            return spec.linear(X, y, W, b, grad=False) + (1e-3 if wrong == "loss" else 0)
        loss, dW, db = spec.linear(X, y, W, b)
        return loss, dW * (1.001 if wrong == "gradient" else 1), db

    monkeypatch.setitem(fastlc.LOSSES, "hinge", dataclasses.replace(spec, linear=linear))
    assert main(["demo", "--output", str(tmp_path / "picture.png")]) == 1
    out = capsys.readouterr().out
    assert out.count("WRONG") == 1
    assert "A check failed" in out
    assert os.listdir(tmp_path) == []


def test_ctrl_c_shows_what_is_there(tmp_path: Path) -> None:
    # A parent that runs in the background may have handed down an ignored SIGINT, hence the handler.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from fastlc.__main__ import main; sys.exit(main(['demo', '--epochs', '10000000', '--output', 'picture.png']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith("4. Training"):
                    break
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 130, err
    assert re.search(r"softmax +\d+ epochs: mean loss .*, interrupted", out)
    assert re.search(r"softmax +0\.\d{4} +0\.\d{4} +[\d.]+ +- +-\n", out)
    assert not re.search(r"hinge", out)
    assert err == ""
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def interrupt_in(module: object, name: str, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function raises KeyboardInterrupt when called for that time, and works before."""
    function, calls = getattr(module, name), itertools.count(1)

    def interrupted(*args, **options):
        if next(calls) == at:
            raise KeyboardInterrupt
        return function(*args, **options)

    monkeypatch.setattr(module, name, interrupted)


@pytest.mark.parametrize(
    ("module", "name", "at", "losses", "drawn"),
    [
        (demo, "normalise", 1, 0, False),
        (demo, "_check_gradients", 1, 0, False),
        (demo, "train", 1, 0, False),
        (demo, "_time_reference", 1, 1, True),
        (reference, "sgd_epoch", 1, 1, True),
        (reference, "sgd_epoch", 3, 1, True),
        (demo, "train", 2, 1, True),
        (reference, "sgd_epoch", 8, 2, True),
        (demo, "_draw", 1, 2, False),
        (Figure, "savefig", 1, 2, False),
    ],
)
def test_ctrl_c_anywhere_keeps_what_is_there(
    module: object,
    name: str,
    at: int,
    losses: int,
    drawn: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    interrupt_in(module, name, at, monkeypatch)
    assert main(["demo", "--epochs", "2", "--output", str(tmp_path / "picture.png")]) == 130
    out = capsys.readouterr().out
    assert len(re.findall(r"^   (?:softmax|hinge) +0\.\d{4} +0\.\d{4} ", out, re.MULTILINE)) == losses
    assert os.listdir(tmp_path) == (["picture.png"] if drawn else [])


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, 130), (OSError, 2)])
def test_no_half_of_a_picture_is_left(
    error: type[BaseException], status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the one that was there stays."""

    def half(self: Figure, path: Path, **options) -> None:
        path.write_bytes(b"half")
        raise error("no space left")

    (tmp_path / "picture.png").write_bytes(b"an older one")
    monkeypatch.setattr(Figure, "savefig", half)
    assert main(["demo", "--epochs", "1", "--output", str(tmp_path / "picture.png")]) == status
    assert os.listdir(tmp_path) == ["picture.png"]
    assert (tmp_path / "picture.png").read_bytes() == b"an older one"


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "picture.png").symlink_to(tmp_path / "there" / "real.png")
    with whole(tmp_path / "picture.png") as file:
        file.write_bytes(b"new")
        assert file.suffix == ".png"
    assert (tmp_path / "picture.png").is_symlink()
    assert (tmp_path / "there" / "real.png").read_bytes() == b"new"
    assert os.listdir(tmp_path / "there") == ["real.png"]


def test_a_pipe_is_written_itself(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with whole(tmp_path / "pipe") as file:
        assert file == tmp_path / "pipe"
    assert not file.is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": "3"}, r"^epochs is a str, expected an integer >= 0$"),
        ({"batch_size": 0}, r"^batch_size = 0, expected an integer >= 1$"),
        ({"batch_size": "32"}, r"^batch_size is a str, expected an integer >= 1$"),
        ({"lr": "0.5"}, r"^lr is a str, expected a finite number >= 0$"),
    ],
)
def test_train_refuses(options: dict, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        demo.train(np.zeros((4, 2)), np.zeros(4, int), loss="hinge", **options)


def test_ctrl_c_in_the_benchmark_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args, **options) -> dict:
        raise KeyboardInterrupt

    monkeypatch.setattr("fastlc.__main__.import_module", interrupted)
    monkeypatch.setattr(sys, "argv", ["fastlc"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert main(["bench", "--list"]) == 130


def test_ctrl_c_before_training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(*args) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "main", interrupted)
    assert main(["demo", "--output", str(tmp_path / "picture.png")]) == 130


def test_info_command(tmp_path: Path) -> None:
    done = command("info", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for word in (f"fastlc: {fastlc.__version__}", "compiler: ", "instruction sets:", "threads: ", "optional packages:"):
        assert word in done.stdout


def test_version_command(tmp_path: Path) -> None:
    assert command("--version", cwd=tmp_path).stdout == f"fastlc {fastlc.__version__}\n"


def test_help(tmp_path: Path) -> None:
    text = command("--help", cwd=tmp_path).stdout
    assert text.startswith("usage: python -m fastlc ")
    assert "demo " in text
    assert "info " in text
    text = " ".join(command("demo", "--help", cwd=tmp_path).stdout.split())
    for option in ("--data DIR", "--epochs N", "--batch-size N", "--lr X", "--seed N", "--output FILE"):
        assert option in text
    assert "(default: fastlc-demo.png)" in text
    assert text.count("(default: ") == 6


def test_no_command_is_an_error(tmp_path: Path) -> None:
    done = command(cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m fastlc ")
