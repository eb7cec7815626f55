"""ONNX Runtime: prediction alone, a model of Gemm and ArgMax in float32, as an exported linear classifier is.

The transposed variant keeps W as (D, C), which the runtime packs when the session begins. With bound buffers (its
`IOBinding`) neither input nor output is looked at again in a call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from ..cases import Case, Data
from .numpy_peer import Call


def variants(case: Case, threads: int) -> dict[str, Callable[[Data], Call]]:
    if case.task != "predict" or case.dtype != "float32":
        return {}
    return {
        f"{'W transposed' if transposed else 'W as it is'}, {'bound buffers' if bound else 'run'}": partial(
            predict, threads=threads, transposed=transposed, bound=bound
        )
        for transposed in (False, True)
        for bound in (False, True)
    }


def predict(data: Data, threads: int, transposed: bool, bound: bool) -> Call:
    X, session = data.X, session_of(data, threads, transposed)
    if not bound:
        return lambda: session.run(["labels"], {"X": X})[0]
    labels = np.empty(len(X), np.int64)
    binding = session.io_binding()
    binding.bind_input("X", "cpu", 0, X.dtype, X.shape, X.ctypes.data)
    binding.bind_output("labels", "cpu", 0, labels.dtype, labels.shape, labels.ctypes.data)

    def call() -> np.ndarray:
        session.run_with_iobinding(binding)
        return labels

    return call


def session_of(data: Data, threads: int, transposed: bool) -> onnxruntime.InferenceSession:
    W = np.ascontiguousarray(data.W.T) if transposed else data.W
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["X", "W", "b"], ["S"], transB=0 if transposed else 1),
            helper.make_node("ArgMax", ["S"], ["labels"], axis=1, keepdims=0),
        ],
        "linear classifier",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, data.W.shape[1]])],
        [helper.make_tensor_value_info("labels", TensorProto.INT64, [None])],
        [numpy_helper.from_array(W, "W"), numpy_helper.from_array(data.b, "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
