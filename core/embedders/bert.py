"""A BERT as OpenVINO's graph, made of its weights: from tokens and mask to unit vectors."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from core.embedders.encoder import Encoder
from core.errors import UnsupportedModelError

if TYPE_CHECKING:
    from openvino import Model  # type: ignore[import-untyped]  # ships no marker of its types

WEIGHTS = "model.safetensors"
FAR_BELOW = -1e4
"""Added to the attention to padding: e to this power is nothing, in bfloat16 too."""


def bert_graph(encoder: Encoder) -> "Model":
    """Return the graph with inputs `tokens` and `mask`, both (texts, length), and one output.

    That is one float32 unit vector a text. Raises `UnsupportedModelError` where the weights
    cannot be read, are not all there or do not fit.
    """
    from openvino import Model

    graph = _Graph(encoder, read_weights(encoder))
    try:
        return Model([graph.vectors()], [graph.tokens, graph.mask], "bert")
    except RuntimeError as error:
        raise UnsupportedModelError(
            "its weights have other sizes than its config.json says"
        ) from error


def read_weights(encoder: Encoder) -> dict[str, Any]:
    """Return the weights by name, all float32 as sentence-transformers would run them."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(encoder.folder / WEIGHTS, "np") as file:
            names = list(file.keys())
            if any(file.get_slice(name).get_dtype() not in ("F32", "I64") for name in names):
                raise UnsupportedModelError("its weights are not float32")
            return {name.removeprefix("bert."): file.get_tensor(name) for name in names}
    except (OSError, SafetensorError) as error:
        raise UnsupportedModelError(f"its {WEIGHTS} cannot be read") from error


class _Graph:
    """The operations, each named as the layer of the published model that it stands for."""

    def __init__(self, encoder: Encoder, weights: dict[str, Any]) -> None:
        from openvino import PartialShape, Type, opset13

        self._op: Any = opset13
        self._encoder = encoder
        self._weights = weights
        any_batch = PartialShape([-1, -1])
        self.tokens = self._op.parameter(any_batch, Type.i32, "tokens")
        self.mask = self._op.parameter(any_batch, Type.f32, "mask")

    def vectors(self) -> Any:
        """Return the last operation: what is pooled, at length one."""
        hidden = self._embedded()
        padding = self._op.subtract(self._number(1.0), self.mask)
        far = self._op.multiply(padding, self._number(FAR_BELOW))
        unseen = self._op.unsqueeze(far, self._whole([1, 2]))
        for layer in range(self._encoder.layers):
            hidden = self._layer(f"encoder.layer.{layer}", hidden, unseen)
        return self._op.normalize_l2(self._pooled(hidden), self._whole([1]), 1e-24, "max")

    def _embedded(self) -> Any:
        """Add up what stands for each token and for its place; all texts are of the first type."""
        at = "embeddings"
        types = self._weight(f"{at}.token_type_embeddings.weight")
        places = self._weight(f"{at}.position_embeddings.weight") + types[0]
        length = self._op.gather(
            self._op.shape_of(self.tokens, "i32"), self._whole([1]), self._whole(0)
        )
        placed = self._op.slice(
            self._constant(places), self._whole([0]), length, self._whole([1]), self._whole([0])
        )
        words = self._constant(self._weight(f"{at}.word_embeddings.weight"))
        token = self._op.gather(words, self.tokens, self._whole(0))
        return self._normalised(f"{at}.LayerNorm", self._op.add(token, placed))

    def _layer(self, at: str, hidden: Any, unseen: Any) -> Any:
        seen = self._linear(f"{at}.attention.output.dense", self._attended(at, hidden, unseen))
        hidden = self._normalised(f"{at}.attention.output.LayerNorm", self._op.add(seen, hidden))
        wide = self._op.gelu(self._linear(f"{at}.intermediate.dense", hidden), "erf")
        narrow = self._linear(f"{at}.output.dense", wide)
        return self._normalised(f"{at}.output.LayerNorm", self._op.add(narrow, hidden))

    def _attended(self, at: str, hidden: Any, unseen: Any) -> Any:
        """Return what each token gathers from the others, all heads side by side again."""
        heads, width = self._encoder.heads, self._encoder.hidden // self._encoder.heads
        apart, turned = self._whole([0, 0, heads, width]), self._whole([0, 2, 1, 3])
        query, key, value = (
            self._op.transpose(
                self._op.reshape(self._linear(f"{at}.attention.self.{part}", hidden), apart, True),
                turned,
            )
            for part in ("query", "key", "value")
        )
        scale = self._number(1 / math.sqrt(width))
        seen = self._op.scaled_dot_product_attention(query, key, value, unseen, scale)
        together = self._whole([0, 0, self._encoder.hidden])
        return self._op.reshape(self._op.transpose(seen, turned), together, True)

    def _pooled(self, hidden: Any) -> Any:
        if self._encoder.pooling == "cls":
            return self._op.gather(hidden, self._whole(0), self._whole(1))
        each = self._op.unsqueeze(self.mask, self._whole([2]))
        total = self._op.reduce_sum(self._op.multiply(hidden, each), self._whole([1]))
        return self._op.divide(total, self._op.reduce_sum(self.mask, self._whole([1]), True))

    def _linear(self, at: str, hidden: Any) -> Any:
        weight = self._constant(self._weight(f"{at}.weight"))
        product = self._op.matmul(hidden, weight, False, True)
        return self._op.add(product, self._constant(self._weight(f"{at}.bias")))

    def _normalised(self, at: str, hidden: Any) -> Any:
        even = self._op.mvn(hidden, self._whole([-1]), True, self._encoder.epsilon, "INSIDE_SQRT")
        scaled = self._op.multiply(even, self._constant(self._weight(f"{at}.weight")))
        return self._op.add(scaled, self._constant(self._weight(f"{at}.bias")))

    def _weight(self, name: str) -> Any:
        if name not in self._weights:
            raise UnsupportedModelError(f"its weights lack {name}")
        return self._weights[name]

    def _constant(self, weight: Any) -> Any:
        return self._op.constant(weight)

    def _number(self, value: float) -> Any:
        return self._op.constant(np.float32(value))

    def _whole(self, values: ArrayLike) -> Any:
        return self._op.constant(np.asarray(values, dtype=np.int32))
