"""PyTorch, as three libraries: eager, `torch.compile`, and its own fused `linear_cross_entropy`.

Tensors share the memory of the arrays (`torch.from_numpy`): nothing is copied, and W and b change in place. Variants
differ in

- the gradient: by autograd, or by hand, in place and in scratch space allocated beforehand;
- the layout of the scores, as in `numpy_peer.py`: rows (n, C), as one usually writes it, or columns (C, n), on which
  reductions over few classes are vector operations (for autograd: the cross entropy of "one image of n pixels");
- the rows worked on at once, and who is parallel: every operation, or Python threads that share the rows.

`torch.set_num_threads` holds for the calling thread and takes 0.2 µs, so every call makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..cases import Case, Data
from .numpy_peer import Call, in_parallel, shares

Make = Callable[[Data], Call]
Block = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, float], Tensor]
"""``f(x, y, W, b, dW, db, scale) -> sum of losses``: adds ``scale`` times its gradient to dW and db."""
Step = Callable[[Tensor, Tensor], Tensor]
"""``f(x, y) -> sum of losses``: a step of SGD on the mean loss."""


def eager(case: Case, threads: int) -> dict[str, Make]:
    found: dict[str, Make] = {}
    for layout in layouts(case):
        if case.task == "predict":
            found |= predictions(threads, layout, partial(labels, layout), [n for n in (256, 2048) if n < case.N])
            continue
        ways: dict[str, Callable[[int], Block]] = {f"autograd, {layout}": partial(autograd, case.loss, layout)}
        if case.loss in BY_HAND:
            ways[f"by hand, {layout}"] = partial(by_hand, case.loss, layout)
        if case.task == "loss":
            for name, new_block in ways.items():
                found |= linear_losses(case, threads, name, new_block, [512, 1024, 2048] if case.C <= 64 else [1024])
        else:
            for name, new_block in ways.items():
                found |= trainings(case, threads, name, partial(plain_step, new_block))
            for fused in (False, True):
                name = f"optim.SGD{', fused' if fused else ''}, {layout}"
                found |= trainings(case, threads, name, partial(optimizer_step, case.loss, layout, fused))
    return found


def compiled(case: Case, threads: int) -> dict[str, Make]:
    """One graph of loss, gradient and, in training, update.

    It is compiled at the first call with a shape, which takes seconds: so only the layout that is the faster one, and
    few sizes of blocks.
    """
    if fault := compiler_fault():
        raise RuntimeError(fault)
    layout = layouts(case)[-1]
    if case.task == "predict":
        return predictions(threads, layout, compiled_labels(layout, threads), [])
    new_block = partial(compiled_gradient, case.loss, layout)
    if case.task == "loss":
        return linear_losses(case, threads, layout, new_block, [1024])
    return trainings(case, threads, layout, partial(plain_step, new_block))


def linear_cross_entropy(case: Case, threads: int) -> dict[str, Make]:
    """Its chunked mode; the other one is `F.cross_entropy` of `F.linear`, as above."""
    if (case.task, case.loss) != ("loss", "cross_entropy") or not hasattr(F, "linear_cross_entropy"):
        return {}

    def make(data: Data, chunk: int | None) -> Call:
        X, y, W, b = tensors(data)
        options = torch.nn.LinearCrossEntropyOptions(batch_chunk_size=chunk)

        def call() -> Any:
            torch.set_num_threads(threads)
            w, bias = W.detach().requires_grad_(), b.detach().requires_grad_()
            loss = F.linear_cross_entropy(X, w, y, linear_bias=bias, options=options)
            dW, db = torch.autograd.grad(loss, (w, bias))
            return loss.item(), dW.numpy(), db.numpy()

        return call

    chunks = [None, *(n for n in (256, 1024, 4096) if n < case.N)]
    return {f"chunks of {n}" if n else "default chunks": partial(make, chunk=n) for n in chunks}


def layouts(case: Case) -> list[str]:
    """For many classes rows are as fast as columns."""
    return ["rows", "columns"] if case.C <= 64 else ["rows"]


def tensors(data: Data) -> list[Tensor]:
    return [torch.from_numpy(a) for a in (data.X, data.y, data.W, data.b)]


def linear(x: Tensor, W: Tensor, b: Tensor, layout: str) -> Tensor:
    return F.linear(x, W, b) if layout == "rows" else torch.addmm(b[:, None], W, x.T)


# ---------------------------------------------------------------------------------------------------------------------
# Losses of scores, and the gradient on a block of rows, in three ways
# ---------------------------------------------------------------------------------------------------------------------


def cross_entropy(S: Tensor, y: Tensor, layout: str) -> Tensor:
    if layout == "rows":
        return F.cross_entropy(S, y, reduction="sum")
    return F.cross_entropy(S[None], y[None], reduction="sum")


def hinge(S: Tensor, y: Tensor, layout: str) -> Tensor:
    if layout == "rows":  # divides by the number of classes
        return F.multi_margin_loss(S, y, reduction="sum") * S.shape[1]
    return (S - S.gather(0, y[None]) + 1).clamp(min=0).sum() - len(y)  # the right class's own margin is 1


def squared_error(S: Tensor, y: Tensor, layout: str) -> Tensor:
    return F.mse_loss(S, y if layout == "rows" else y.T, reduction="sum")


def sigmoid_squared_error(S: Tensor, y: Tensor, layout: str) -> Tensor:
    return squared_error(S.sigmoid(), y, layout)


def right_class(S: Tensor, y: Tensor, layout: str) -> Tensor:
    """Where the scores of the right classes are."""
    axis = 1 if layout == "rows" else 0
    return torch.zeros_like(S, dtype=torch.bool).scatter_(axis, y.unsqueeze(axis), True)


def crammer_singer(S: Tensor, y: Tensor, layout: str) -> Tensor:
    axis, right = 1 if layout == "rows" else 0, right_class(S, y, layout)
    rival = S.masked_fill(right, -torch.inf).amax(axis)
    return (rival - S.gather(axis, y.unsqueeze(axis)).squeeze(axis) + 1).clamp(min=0).sum()


def one_vs_rest(phi: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor, str], Tensor]:
    return lambda S, y, layout: phi(torch.where(right_class(S, y, layout), S, -S)).sum()


def logistic(S: Tensor, y: Tensor, layout: str) -> Tensor:
    return F.binary_cross_entropy_with_logits(S, right_class(S, y, layout).to(S.dtype), reduction="sum")


def modified_huber(z: Tensor) -> Tensor:
    return torch.where(z >= -1, (1 - z).clamp(min=0).square(), -4 * z)


def huber(S: Tensor, y: Tensor, layout: str) -> Tensor:
    return F.huber_loss(S, y if layout == "rows" else y.T, reduction="sum", delta=0.1)


def beyond(S: Tensor, y: Tensor, layout: str) -> Tensor:
    return ((S - (y if layout == "rows" else y.T)).abs() - 0.1).clamp(min=0)


SCORE_LOSSES: dict[str, Callable[[Tensor, Tensor, str], Tensor]] = {
    "cross_entropy": cross_entropy,
    "hinge": hinge,
    "crammer_singer": crammer_singer,
    "logistic": logistic,
    "ovr_hinge": one_vs_rest(lambda z: (1 - z).clamp(min=0)),
    "ovr_squared_hinge": one_vs_rest(lambda z: (1 - z).clamp(min=0).square()),
    "ovr_perceptron": one_vs_rest(lambda z: (-z).clamp(min=0)),
    "ovr_modified_huber": one_vs_rest(modified_huber),
    "squared_error": squared_error,
    "sigmoid_squared_error": sigmoid_squared_error,
    "huber": huber,
    "epsilon_insensitive": lambda S, y, layout: beyond(S, y, layout).sum(),
    "squared_epsilon_insensitive": lambda S, y, layout: beyond(S, y, layout).square().sum(),
}


def autograd(loss: str, layout: str, threads: int) -> Block:
    on_scores = SCORE_LOSSES[loss]

    def block(x: Tensor, y: Tensor, W: Tensor, b: Tensor, dW: Tensor, db: Tensor, scale: float) -> Tensor:
        w, bias = W.detach().requires_grad_(), b.detach().requires_grad_()
        total = on_scores(linear(x, w, bias, layout), y, layout)
        part_W, part_b = torch.autograd.grad(total, (w, bias))
        dW.add_(part_W, alpha=scale)
        db.add_(part_b, alpha=scale)
        return total.detach()

    return block


def cross_entropy_by_hand(S: Tensor, P: Tensor, y: Tensor, axis: int) -> Tensor:
    right = y.unsqueeze(axis)
    torch.log_softmax(S, axis, out=P)
    total = P.gather(axis, right).sum().neg_()
    P.exp_().scatter_add_(axis, right, P.new_full((), -1).expand_as(right))
    return total


def hinge_by_hand(S: Tensor, P: Tensor, y: Tensor, axis: int) -> Tensor:
    right = y.unsqueeze(axis)
    torch.sub(S, S.gather(axis, right).sub_(1), out=P).clamp_(min=0).scatter_(axis, right, 0)
    total = P.sum()
    P.sign_()
    P.scatter_(axis, right, P.sum(axis, keepdim=True).neg_())
    return total


BY_HAND: dict[str, Callable[[Tensor, Tensor, Tensor, int], Tensor]] = {
    "cross_entropy": cross_entropy_by_hand,
    "hinge": hinge_by_hand,
}
"""``f(S, P, y, axis) -> sum of losses``; writes the gradient with respect to the scores S to P."""


def by_hand(loss: str, layout: str, threads: int) -> Block:
    """With scratch space of its own for each number of rows that it meets."""
    on_scores, axis = BY_HAND[loss], 1 if layout == "rows" else 0
    spaces: dict[int, Tensor] = {}

    def block(x: Tensor, y: Tensor, W: Tensor, b: Tensor, dW: Tensor, db: Tensor, scale: float) -> Tensor:
        n = len(x)
        if n not in spaces:
            spaces[n] = W.new_empty((2, n, len(W)) if axis else (2, len(W), n))
        S, P = spaces[n]
        if axis:
            torch.addmm(b, x, W.T, out=S)
        else:
            torch.addmm(b[:, None], W, x.T, out=S)
        total = on_scores(S, P, y, axis)
        dW.addmm_(P.T if axis else P, x, alpha=scale)
        db.add_(P.sum(1 - axis), alpha=scale)
        return total

    return block


@cache
def compiler_fault() -> str:
    """Why `torch.compile` does not work here: it needs a C++ compiler at run time, and a cache that is whole."""
    try:
        compile_static(lambda x: x + 1, 1)(torch.zeros(2))
    except Exception as error:
        return f"it does not work here: {type(error).__name__}: {error}"
    return ""


def compile_static(function: Any, threads: int) -> Any:
    """Anew for every shape, however many there are, and apart from other functions that share its code."""
    limits = {"recompile_limit": 10**3, "isolate_recompiles": True}
    return torch.compile(function, fullgraph=True, dynamic=False, options={"cpp.threads": threads}, **limits)


@cache
def compiled_gradient(loss: str, layout: str, threads: int) -> Block:
    on_scores = SCORE_LOSSES[loss]

    def total_loss(W: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return on_scores(linear(x, W, b, layout), y, layout)

    def block(x: Tensor, y: Tensor, W: Tensor, b: Tensor, dW: Tensor, db: Tensor, scale: float) -> Tensor:
        (part_W, part_b), total = torch.func.grad_and_value(total_loss, argnums=(0, 1))(W, b, x, y)
        dW.add_(part_W * scale)  # not alpha=scale: of a product, torch 2.13 compiles it as alpha=1
        db.add_(part_b * scale)
        return total

    return compile_static(block, threads)


@cache
def compiled_labels(layout: str, threads: int) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    return compile_static(partial(labels, layout), threads)


# ---------------------------------------------------------------------------------------------------------------------
# The tasks
# ---------------------------------------------------------------------------------------------------------------------


def linear_losses(
    case: Case, threads: int, name: str, new_block: Callable[[int], Block], blocks: list[int]
) -> dict[str, Make]:
    """All rows at once, in blocks, and in blocks shared out to Python threads."""
    whole = partial(linear_loss, new_block=new_block, threads=threads)
    found: dict[str, Make] = {f"{name}, whole": whole}
    if threads > 1 and case.N * case.D * case.C <= 10**7:  # so little that threads may cost more than they bring
        found[f"{name}, whole, one thread"] = partial(whole, threads=1)
    for rows in blocks:
        if rows < case.N:
            found[f"{name}, blocks of {rows}"] = partial(whole, rows=rows)
            if threads > 1 and case.N * case.D * case.C > 10**7:
                found[f"{name}, blocks of {rows}, Python threads"] = partial(whole, rows=rows, workers=threads)
    return found


def linear_loss(data: Data, new_block: Callable[[int], Block], threads: int, rows: int = 0, workers: int = 1) -> Call:
    X, y, W, b = tensors(data)
    N = len(X)
    per_worker = max(1, threads // workers)

    def worker(share: range) -> Callable[[], tuple[float, Tensor, Tensor]]:
        block = new_block(per_worker)
        own = slice(share.start, share.stop)
        work = list(zip(X[own].split(rows or N), y[own].split(rows or N), strict=True))
        dW, db = torch.empty_like(W), torch.empty_like(b)

        def run() -> tuple[float, Tensor, Tensor]:
            torch.set_num_threads(per_worker)
            dW.zero_()
            db.zero_()
            total = sum(block(x, y_x, W, b, dW, db, 1 / N) for x, y_x in work)
            return float(total) / N, dW, db

        return run

    calls = in_parallel([worker(share) for share in shares(N, workers)])

    def call() -> Any:
        (total, dW, db), *others = calls()
        for part, part_W, part_b in others:
            total += part
            dW.add_(part_W)
            db.add_(part_b)
        return total, dW.numpy(), db.numpy()

    return call


def plain_step(new_block: Callable[[int], Block], threads: int, W: Tensor, b: Tensor, lr: float) -> Step:
    """The gradient times -lr is added to W and b."""
    block = new_block(threads)
    return lambda x, y: block(x, y, W, b, W, b, -lr / len(x))


def optimizer_step(loss: str, layout: str, fused: bool, threads: int, W: Tensor, b: Tensor, lr: float) -> Step:
    on_scores = SCORE_LOSSES[loss]
    optimizer = torch.optim.SGD([W.requires_grad_(), b.requires_grad_()], lr, fused=fused)

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        total = on_scores(linear(x, W, b, layout), y, layout)
        (total / len(x)).backward()
        optimizer.step()
        return total.detach()

    return step


def trainings(case: Case, threads: int, name: str, new_step: Callable[..., Step]) -> dict[str, Make]:
    if case.task == "step":
        return {name: partial(sgd_step, new_step=new_step, threads=threads)}
    epoch = partial(sgd_epoch, batch=case.batch, new_step=new_step, threads=threads)
    return {f"{name}, gathered by {rows}": partial(epoch, gathered=rows) for rows in (case.batch, 1024)}


def sgd_step(data: Data, new_step: Callable[..., Step], threads: int) -> Call:
    X, y, W, b = tensors(data)
    torch.set_num_threads(threads)
    step = new_step(threads, W, b, data.lr)

    def call() -> float:
        torch.set_num_threads(threads)
        return step(X, y).item() / len(X)

    return call


def sgd_epoch(data: Data, batch: int, new_step: Callable[..., Step], threads: int, gathered: int) -> Call:
    """So many permuted rows are gathered at a time, into one buffer."""
    X, y, W, b = tensors(data)
    order = torch.from_numpy(data.order)
    chunk = max(1, gathered // batch) * batch
    buffer, step = X.new_empty(chunk, X.shape[1]), new_step(threads, W, b, data.lr)
    chunks = [(rows, buffer[: len(rows)], buffer[: len(rows)].split(batch)) for rows in order.split(chunk)]

    def call() -> float:
        torch.set_num_threads(threads)
        total = torch.zeros((), dtype=X.dtype)
        targets = iter(y[order].split(batch))
        for rows, gathered_rows, batches in chunks:
            torch.index_select(X, 0, rows, out=gathered_rows)
            for x in batches:
                total += step(x, next(targets))
        return total.item() / len(order)

    return call


def labels(layout: str, x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return linear(x, W, b, layout).argmax(1 if layout == "rows" else 0)


def predictions(threads: int, layout: str, function: Callable[..., Tensor], blocks: list[int]) -> dict[str, Make]:
    whole = partial(predict, function=function, threads=threads)
    found: dict[str, Make] = {f"{layout}, whole": whole}
    for rows in blocks:
        found[f"{layout}, blocks of {rows}"] = partial(whole, rows=rows)
        if threads > 1:
            found[f"{layout}, blocks of {rows}, Python threads"] = partial(whole, rows=rows, workers=threads)
    return found


def predict(data: Data, function: Callable[..., Tensor], threads: int, rows: int = 0, workers: int = 1) -> Call:
    X, _, W, b = tensors(data)
    N = len(X)
    if not rows:

        def whole() -> Any:
            torch.set_num_threads(threads)
            with torch.inference_mode():
                return function(X, W, b).numpy()

        return whole
    out = torch.empty(N, dtype=torch.int64)

    def worker(share: range) -> Callable[[], None]:
        own = slice(share.start, share.stop)
        work = list(zip(X[own].split(rows), out[own].split(rows), strict=True))

        def run() -> None:
            torch.set_num_threads(max(1, threads // workers))
            with torch.inference_mode():
                for x, part in work:
                    part.copy_(function(x, W, b))

        return run

    calls = in_parallel([worker(share) for share in shares(N, workers)])

    def call() -> Any:
        calls()
        return out.numpy()

    return call
