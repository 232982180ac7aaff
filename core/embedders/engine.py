"""OpenVINO, which runs a graph on the processor: in float32, or in bfloat16 where it has that."""

import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.embedders.batches import Batch, batches
from core.embedding import Vectors
from core.errors import EmbedderError, UnsupportedModelError

if TYPE_CHECKING:
    from openvino import Model  # type: ignore[import-untyped]  # ships no marker of its types

Precision = Literal["bfloat16", "float32"]
Returned = TypeVar("Returned")
HINTS: dict[Precision, str] = {"bfloat16": "bf16", "float32": "f32"}
NICENESS = 10
"""What bulk work adds to its niceness: beside a question it gets a tenth of a processor."""


class Engine:
    """A graph made ready to run batches, as many at a time as it has streams of one thread each.

    One thread a stream, because two that share a batch spend much of their time waiting.
    """

    def __init__(self, model: "Model", precision: Precision, streams: int) -> None:
        """Prepare the graph, or raise `UnsupportedModelError` where OpenVINO cannot."""
        options = {
            "INFERENCE_PRECISION_HINT": HINTS[precision],
            "INFERENCE_NUM_THREADS": streams,
            "NUM_STREAMS": streams,
            # Pinned threads cannot make way for others, and two engines would share a processor.
            "ENABLE_CPU_PINNING": False,
        }
        try:
            compiled = runtime().Core().compile_model(model, "CPU", options)
        except RuntimeError as error:
            raise UnsupportedModelError("OpenVINO cannot prepare it") from error
        self.precision = precision
        self.streams = streams
        self._idle: SimpleQueue[Any] = SimpleQueue()
        for _ in range(streams):
            self._idle.put(compiled.create_infer_request())

    def embed(self, texts: Sequence[NDArray[np.int32]]) -> Vectors:
        """Return a unit vector for each text's tokens, in order; one or more of them."""
        made = [(batch.rows, self.run(batch)) for batch in batches(texts)]
        vectors = np.empty((len(texts), made[0][1].shape[1]), dtype=np.float32)
        for rows, some in made:
            vectors[list(rows)] = some
        return vectors

    def run(self, batch: Batch) -> Vectors:
        """Return a unit vector for each row; waits for a stream. Safe from any thread."""
        request = self._idle.get()
        try:
            # Asynchronous, for the work is then done by the stream's thread, at its priority.
            request.start_async({0: batch.tokens, 1: batch.mask}, share_inputs=True)
            request.wait()
            vectors: Vectors = np.array(request.get_output_tensor(0).data, dtype=np.float32)
        except RuntimeError as error:
            raise EmbedderError("The embedding model failed: is there memory left?") from error
        finally:
            self._idle.put(request)
        return vectors


def runtime() -> ModuleType:
    """Return OpenVINO, or raise `UnsupportedModelError` where it is not installed.

    Its converter is kept out: we convert nothing, and importing it tells its maker of the import
    over the network. The library expects that it may be missing.
    """
    sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]  # None forbids it
    try:
        import openvino
    except ImportError as error:
        raise UnsupportedModelError("OpenVINO is not installed") from error
    found: ModuleType = openvino
    return found


def has_bfloat16() -> bool:
    """Return whether the processor multiplies bfloat16 by itself."""
    return "BF16" in runtime().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def processors() -> int:
    """Return on how many processors this process may run."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def in_background(work: Callable[[], Returned]) -> Returned:
    """Return what the work returns. The threads that it starts have a low priority for good.

    Only on Linux, where threads have priorities of their own, which their children inherit.
    """
    with ThreadPoolExecutor(1, initializer=_step_back) as executor:
        return executor.submit(work).result()


def _step_back() -> None:
    if sys.platform == "linux":
        thread = threading.get_native_id()
        own = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, min(own + NICENESS, 19))
