"""Turn trained weights into the shipped `.tflite` files, and say what each precision costs.

`python -m models.training.export --data DIR --detector det.pt --reader ocr.pt --out models`
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from ai_edge_quantizer import quantizer, recipe_manager
from ai_edge_quantizer.algorithm_manager import AlgorithmName
from ai_edge_quantizer.qtyping import ComputePrecision, OpQuantizationConfig, TensorQuantizationConfig, TFLOperationName
from torch import Tensor, nn
import litert_torch

from models.training import det_data, ocr_data
from models.training.det_net import INPUT_WH, PlateDetector
from models.training.ocr_net import CROP_WH, PlateReader
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
        weight_tensor_config=TensorQuantizationConfig(num_bits=8, symmetric=True, granularity="CHANNELWISE"),
        compute_precision=ComputePrecision.INTEGER,
    )
    recipe.add_quantization_config(regex=".*", operation_name=TFLOperationName.ALL_SUPPORTED, op_config=config,
                                   algorithm_key=AlgorithmName.MIN_MAX_UNIFORM_QUANT)
    if float_ops:
        recipe.add_quantization_config(regex=float_ops, operation_name=TFLOperationName.ALL_SUPPORTED,
                                       op_config=OpQuantizationConfig(), algorithm_key=AlgorithmName.NO_QUANTIZE)
    job = quantizer.Quantizer(str(source), recipe.get_quantization_recipe())
    samples = [{"args_0": picture[None].astype(np.float32) / 255} for picture in pictures]
    statistics = job.calibrate({"serving_default": samples})
    target.unlink(missing_ok=True)
    job.quantize(statistics).export_model(str(target))
