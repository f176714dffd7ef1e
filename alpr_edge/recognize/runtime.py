"""One seam over the two TFLite runtimes: `ai-edge-litert`, or the older `tflite-runtime`."""

from __future__ import annotations

import ctypes
import importlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.errors import ModelError
from alpr_edge.quiet import quiet_stderr
from alpr_edge.recognize.manifest import Manifest
from alpr_edge.seams import Image

_RUNTIMES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")


def load_interpreter(path: Path, *, threads: int = 1, delegate: str | None = None) -> Any:
    """Open a `.tflite` file with the first runtime that is installed.

    `delegate` is the path of a delegate library (an accelerator's `.so`).

    Raises:
        ModelError: No runtime is installed, the file is not a model, or the delegate fails.
    """
    for name in _RUNTIMES:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        try:
            delegates = None
            if delegate:
                ctypes.CDLL(delegate)  # the runtimes' own loader fails untidily
                delegates = [module.load_delegate(delegate)]
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{delegate}: the delegate could not be loaded",
                fix="install the accelerator's library, or unset recognize.delegate",
            ) from error
        try:
            with quiet_stderr():  # the runtime announces its own delegate there
                interpreter = module.Interpreter(
                    model_path=str(path), num_threads=threads, experimental_delegates=delegates
                )
                interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f"{path}: the TFLite runtime refuses it ({_first_line(error)})",
                fix="reinstall the package, or restore the model and its manifest together",
            ) from error
        return interpreter
    raise ModelError(
        "no TFLite runtime is installed",
        fix="pip install 'alpr[edge]' (or 'alpr[tflite-legacy]' on an older board)",
    )


class Network:
    """A loaded model: a picture of the right size in, its outputs as float32 by name.

    Holds the interpreter's buffers, so one thread uses it at a time.
    """

    def __init__(
        self, manifest: Manifest, *, threads: int = 1, delegate: str | None = None
    ) -> None:
        self.manifest = manifest
        self._interpreter = load_interpreter(manifest.file, threads=threads, delegate=delegate)
        (source,) = self._interpreter.get_input_details()
        found = {
            tuple(int(n) for n in o["shape"]): o for o in self._interpreter.get_output_details()
        }
        if tuple(source["shape"]) != manifest.input_shape or set(found) != set(
            manifest.outputs.values()
        ):
            raise ModelError(
                f"{manifest.file}: its tensor shapes differ from its manifest",
                fix="reinstall the package, or restore the model and its manifest together",
            )
        self._input = int(source["index"])
        self._table = _input_table(source)
        self._outputs = {name: found[shape] for name, shape in manifest.outputs.items()}

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height of the picture it takes, in pixels."""
        _, height, width, _ = self.manifest.input_shape
        return width, height

    def run(self, image: Image) -> dict[str, NDArray[np.float32]]:
        """Feed one picture, uint8 (H, W, 3), BGR, of exactly `size_wh`."""
        self._interpreter.set_tensor(self._input, cv2.LUT(image, self._table)[None])
        self._interpreter.invoke()
        return {name: self._read(detail) for name, detail in self._outputs.items()}

    def _read(self, detail: dict[str, Any]) -> NDArray[np.float32]:
        values = self._interpreter.get_tensor(detail["index"])[0]
        if values.dtype == np.float32:
            return np.asarray(values, np.float32)
        scale, zero = detail["quantization"]
        return np.asarray((values.astype(np.float32) - zero) * scale, np.float32)


def _input_table(source: dict[str, Any]) -> NDArray[Any]:
    """What each byte of a picture becomes at the network's input: 0 to 1, quantised if it is."""
    unit = np.arange(256, dtype=np.float32) / 255
    kind = source["dtype"]
    if kind == np.float32:
        return unit
    scale, zero = source["quantization"]
    limits = np.iinfo(kind)
    quantised = np.clip(np.round(unit / scale) + zero, limits.min, limits.max)
    return np.asarray(quantised, kind)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:120]
