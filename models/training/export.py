"""Turn trained weights into the shipped `.tflite` files, and say what each precision costs.

`python -m models.training.export --data DIR --detector det.pt --reader ocr.pt --out models`
"""

from __future__ import annotations

import argparse
import hashlib
import re
from pathlib import Path

import litert_torch
import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import quantizer, recipe_manager
from ai_edge_quantizer.algorithm_manager import AlgorithmName
from ai_edge_quantizer.qtyping import (
    ComputePrecision,
    OpQuantizationConfig,
    TensorDataType,
    TensorQuantizationConfig,
    TFLOperationName,
)
from torch import Tensor, nn

from models.training import det_data, ocr_data
from models.training.det_net import PlateDetector
from models.training.ocr_net import ALPHABET, CROP_WH, REGIONS, PlateReader
from models.training.train_det import letterbox


class ServedDetector(nn.Module):
    """The detector as the runtime sees it: NHWC in; scores 0 to 1 and corner codes out."""

    def __init__(self, net: PlateDetector) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        out = self.net(image.permute(0, 3, 1, 2))
        return out[..., :1].sigmoid(), out[..., 1:]


class ServedReader(nn.Module):
    """The reader as the runtime sees it: NHWC in; character logits and region logits out."""

    def __init__(self, net: PlateReader) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        return self.net(image.permute(0, 3, 1, 2))


def to_float(model: nn.Module, size_wh: tuple[int, int], path: Path) -> None:
    """Write a float32 `.tflite`."""
    width, height = size_wh
    litert_torch.convert(model.eval(), (torch.zeros(1, height, width, 3),)).export(str(path))


def to_int8(source: Path, target: Path, pictures: list[np.ndarray], float_ops: str | None) -> None:
    """Quantise weights and activations to 8 bits, calibrated on pictures (H, W, 3) uint8.

    Operations whose scope matches `float_ops` stay in float32.
    """
    recipe = recipe_manager.RecipeManager()
    config = OpQuantizationConfig(
        activation_tensor_config=TensorQuantizationConfig(num_bits=8, symmetric=False),
        weight_tensor_config=TensorQuantizationConfig(
            num_bits=8, symmetric=True, granularity="CHANNELWISE"
        ),
        compute_precision=ComputePrecision.INTEGER,
    )
    recipe.add_quantization_config(
        regex=".*",
        operation_name=TFLOperationName.ALL_SUPPORTED,
        op_config=config,
        algorithm_key=AlgorithmName.MIN_MAX_UNIFORM_QUANT,
    )
    if float_ops:
        recipe.add_quantization_config(
            regex=float_ops,
            operation_name=TFLOperationName.ALL_SUPPORTED,
            op_config=OpQuantizationConfig(),
            algorithm_key=AlgorithmName.NO_QUANTIZE,
        )
    job = quantizer.Quantizer(str(source), recipe.get_quantization_recipe())
    for picture in pictures:
        # The quantiser averages the range over the pictures: without full black and white in
        # every one, whites would clip.
        picture[0, 0], picture[0, 1] = 0, 255
    samples = [{"args_0": picture[None].astype(np.float32) / 255} for picture in pictures]
    statistics = job.calibrate({"serving_default": samples})
    target.unlink(missing_ok=True)
    job.quantize(statistics).export_model(str(target))


def to_float16(source: Path, target: Path) -> None:
    """Store the weights in 16 bits; most runtimes compute in 32 all the same."""
    recipe = recipe_manager.RecipeManager()
    recipe.add_quantization_config(
        regex=".*",
        operation_name=TFLOperationName.ALL_SUPPORTED,
        op_config=OpQuantizationConfig(
            weight_tensor_config=TensorQuantizationConfig(num_bits=16, dtype=TensorDataType.FLOAT),
            compute_precision=ComputePrecision.FLOAT,
            explicit_dequantize=True,
        ),
        algorithm_key=AlgorithmName.FLOAT_CASTING,
    )
    job = quantizer.Quantizer(str(source), recipe.get_quantization_recipe())
    target.unlink(missing_ok=True)
    job.quantize().export_model(str(target))


DETECTOR_FLOAT = r".*Conv2d_out.*|.*ServedDetector;.*|.*serving_default_output.*"
READER_FLOAT = r".*Conv2d_characters.*|.*Linear_regions.*|.*serving_default_output.*"
"""The last layers stay in float32: eight bits are too coarse for corners and for close calls."""


def calibration_pictures(
    data: Path, number: int
) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """Training pictures as the detector, the reader and the second reader see them."""
    rng = np.random.default_rng(7)
    views = det_data.Views(
        det_data.load_pictures(data, "train"), [], list(det_data.flat_plates(data, rng, 200)), 0.0
    )
    scenes = [
        letterbox(views._read(views.plain[int(rng.integers(len(views.plain)))]))[0]
        for _ in range(number)
    ]
    examples = list(ocr_data.load_real(data, "train"))
    foreign = [e for e in examples if not ocr_data.american(e)]
    crops, foreign_crops = (
        [ocr_data.spoil(some[int(rng.integers(len(some)))], rng) for _ in range(4 * number)]
        for some in (examples, foreign)
    )
    return scenes, crops, foreign_crops


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--detector", type=Path, help="weights of the detector")
    parser.add_argument("--reader", type=Path, help="weights of the reader")
    parser.add_argument("--reader-two", type=Path, help="weights of the second reader")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of the manifests, for the .tflite files"
    )
    parser.add_argument("--input", default="832x512", help="the detector's input, WxH")
    parser.add_argument("--near", default="320x192", help="input of its look at a thumbnail, WxH")
    parser.add_argument("--precision", choices=("int8", "float16", "float32"), default="int8")
    parser.add_argument("--pictures", type=int, default=100, help="calibration pictures")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    scenes, crops, foreign_crops = calibration_pictures(args.data, args.pictures)
    jobs: list[tuple[str, nn.Module, tuple[int, int], list[np.ndarray], str]] = []
    if args.detector:
        net = PlateDetector()
        net.load_state_dict(torch.load(args.detector, map_location="cpu", weights_only=True))
        for name, text in (("plate_detector", args.input), ("plate_detector_near", args.near)):
            width, height = (int(n) for n in text.split("x"))
            fitted = [letterbox(scene, (width, height))[0] for scene in scenes]
            jobs.append((name, ServedDetector(net), (width, height), fitted, DETECTOR_FLOAT))
    for name, file, pictures in (
        ("plate_ocr", args.reader, crops),
        ("plate_ocr_two", args.reader_two, foreign_crops),
    ):
        if file:
            reader = PlateReader()
            reader.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
            jobs.append((name, ServedReader(reader), CROP_WH, pictures, READER_FLOAT))
    for name, model, size, pictures, float_ops in jobs:
        target = args.out / f"{name}.tflite"
        if args.precision == "float32":
            to_float(model, size, target)
        else:
            source = args.out / f"{name}_float32.tflite"
            to_float(model, size, source)
            if args.precision == "float16":
                to_float16(source, target)
            else:
                to_int8(source, target, pictures, float_ops)
            source.unlink()
        target.chmod(0o644)
        stamp(target)
        print(f"{target}: {target.stat().st_size / 1e6:.2f} MB")


def stamp(file: Path) -> None:
    """Write the file's hash, precision and shapes into the manifest beside it."""
    manifest = file.with_suffix(".toml")
    interpreter = Interpreter(str(file))
    interpreter.allocate_tensors()
    shapes = [[int(n) for n in o["shape"]] for o in interpreter.get_output_details()]
    names = {1: "scores", 8: "corners", len(ALPHABET) + 1: "characters", len(REGIONS): "regions"}
    text = manifest.read_text()
    (source,) = interpreter.get_input_details()
    text = re.sub(
        r"(?m)^sha256 = .*$", f'sha256 = "{hashlib.sha256(file.read_bytes()).hexdigest()}"', text
    )
    text = re.sub(r"(?m)^precision = .*$", f'precision = "{np.dtype(source["dtype"]).name}"', text)
    text = re.sub(
        r"(?m)^shape = .*# input$", f"shape = {[int(n) for n in source['shape']]}  # input", text
    )
    for shape in shapes:
        text = re.sub(
            rf"(?m)^shape = .*# {names[shape[-1]]}$", f"shape = {shape}  # {names[shape[-1]]}", text
        )
    manifest.write_text(text)


if __name__ == "__main__":
    main()
