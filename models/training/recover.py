"""Shipped `.tflite` files back into weights to go on from: `python -m models.training.recover`.

Writes `det_start.pt`, `ocr_start.pt` and `ocr_two_start.pt` to --out. Training from them goes on
where the shipped models stand, less what eight bits lost. Batch norms were folded into the
convolutions when the file was made; here they come back as plain scales and shifts, so train with
`--frozen-norm`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from torch import Tensor, nn

from alpr_edge.recognize.recognizer import SHIPPED
from models.training.det_net import INPUT_WH, PlateDetector
from models.training.ocr_net import CROP_WH, PlateReader

LAYERS = ("CONV_2D", "FULLY_CONNECTED")


def layers_of(file: Path) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Weight (out, in, ...) and bias of each layer of a file, once, in the order they run in."""
    interpreter = Interpreter(str(file))
    interpreter.allocate_tensors()
    details = {d["index"]: d for d in interpreter.get_tensor_details()}

    def value(index: int) -> NDArray[np.float32]:
        raw = interpreter.get_tensor(index)
        if raw.dtype == np.float32:
            return raw
        scales = details[index]["quantization_parameters"]["scales"].astype(np.float64)
        return (raw * scales.reshape(-1, *[1] * (raw.ndim - 1))).astype(np.float32)

    found = []
    known: list[int] = []
    for op in interpreter._get_ops_details():
        if op["op_name"] in LAYERS:
            if op["inputs"][1] in known:  # the layers that read the lower line as well
                continue
            known.append(op["inputs"][1])
            weight, bias = (value(int(index)) for index in op["inputs"][1:3])
            found.append((np.moveaxis(weight, -1, 1) if weight.ndim == 4 else weight, bias))
    return found


def restore(net: nn.Module, size_wh: tuple[int, int], file: Path) -> None:
    """Put a file's weights into a network whose shapes fit."""
    calls: list[nn.Module] = []
    hooks = [
        module.register_forward_hook(lambda module, *_: calls.append(module))
        for module in net.modules()
        if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d)
    ]
    with torch.no_grad():
        net.eval()(torch.zeros(1, 3, size_wh[1], size_wh[0]))
    for hook in hooks:
        hook.remove()
    layers = layers_of(file)
    last: tuple[Tensor, Tensor] | None = None
    with torch.no_grad():
        for module in calls:
            if isinstance(module, nn.BatchNorm2d):
                assert last is not None
                module.weight.fill_((1 + module.eps) ** 0.5)
                module.bias.copy_(last[1])
                continue
            shape = tuple(module.weight.shape)
            at = next(i for i, (kernel, _) in enumerate(layers) if kernel.shape == shape)
            weight, bias = (torch.from_numpy(np.ascontiguousarray(v)) for v in layers.pop(at))
            module.weight.copy_(weight)
            if module.bias is not None:
                module.bias.copy_(bias)
            last = weight, bias
    if layers:
        raise SystemExit(f"{file}: has more layers than the network")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=SHIPPED)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    jobs: tuple[tuple[str, str, nn.Module, tuple[int, int]], ...] = (
        ("plate_detector", "det_start", PlateDetector(), INPUT_WH),
        ("plate_ocr", "ocr_start", PlateReader(), CROP_WH),
        ("plate_ocr_two", "ocr_two_start", PlateReader(), CROP_WH),
    )
    for model, start, net, size_wh in jobs:
        file = args.models / f"{model}.tflite"
        if file.exists():
            restore(net, size_wh, file)
            torch.save(net.state_dict(), args.out / f"{start}.pt")


if __name__ == "__main__":
    main()
