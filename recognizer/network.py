"""A network that answers: an ONNX graph, run by onnxruntime on one thread.

One line at a time, so that an answer is a function of the input alone, bit for bit, whatever else is read. Rows of a
batch would be the same bit for bit too, but save nothing: a step's price is less than that of lines padded to one width
(`make bench-batching`).
"""

import numpy as np
import onnxruntime

RUNTIME = f"onnxruntime {onnxruntime.__version__}"


class Network:
    """Arrays in, arrays out. Raises ValueError for bytes that are no network."""

    def __init__(self, model: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.use_deterministic_compute = True
        options.enable_cpu_mem_arena = False  # lines differ in width: it would only grow
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own exceptions share no ancestor
            raise ValueError(f"no network that onnxruntime can run: {str(error).splitlines()[0]}") from error
        self._input = self._session.get_inputs()[0].name

    def __call__(self, inputs: np.ndarray) -> list[np.ndarray]:
        """Every output of the graph for its one input, float32."""
        return self._session.run(None, {self._input: inputs})

    @property
    def metadata(self) -> dict[str, str]:
        """What the graph says of itself."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    @property
    def classes(self) -> int:
        """Size of the last axis of the first output."""
        return int(self._session.get_outputs()[0].shape[-1])


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Natural logarithms of the probabilities of the last axis, float64."""
    shifted = np.subtract(logits, logits.max(axis=-1, keepdims=True), dtype=np.float64)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted
