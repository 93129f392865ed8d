"""Exports classifiers as ONNX with what PyTorch computes for it, for compare.ts to hold Motif against.

Weights are random from a fixed seed. Statistics and affine parameters of the normalisations are made to differ from
their neutral initial values, and layers that torchvision initialises with zeros or ones are given noise, so that
folding them wrongly shows. Written to a folder a model, all little-endian and row-major:

    opset-13.onnx     the network, batch normalisations unfused; one file for each opset asked for
    input.f32         images [2, C, H, W]
    logits.f32        [2, K], by PyTorch in float32
    gradient.f32      of the summed cross-entropy towards class 1, by the images, in float32
    logits.f64, gradient.f64    the same computed in float64: what is exact
    facts.json        {"shape": [2, C, H, W], "seed": of the images, "clean": whether float32 knows the gradient}
"""

import argparse
import copy
import json
import pathlib
import sys
import warnings

import torch
import torchvision
from torch import nn

import small_networks

# Pixels of the input's side where it is not 224.
SIDES = {"inception_v3": 299}

# Shares of the full side in the order in which images are tried; the seed is the number of the try.
SHARES = [1, 3 / 7, 2 / 7]

# Families with ReLUs from end to end are tried with small pictures only: of larger ones there is next to never a clean one.
KINKED = ("densenet", "googlenet", "inception", "mnasnet", "mobilenet_v2", "regnet", "resne", "shufflenet", "vgg", "wide")
FIRST_OF_KINKED = 2

# The largest difference between PyTorch's own float32 and float64 gradients, relative to the largest entry.
CLEAN = 2e-4


def build(name):
    if name in small_networks.NETWORKS:
        return small_networks.NETWORKS[name]()
    # Auxiliary heads are left off where there are some: they do not run in eval mode.
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = torchvision.models.get_model(name, weights=None, **extra)
    if name.startswith("vgg"):
        # PyTorch exports its 7×7 pool for multiples of 224 pixels only, where find_images finds nothing.
        model.avgpool = nn.AdaptiveAvgPool2d(1)
        model.classifier[0] = nn.Linear(512, 4096)
        model.side = 64
    return model


def disturb(model, images):
    """Gives every parameter that is all one number some noise, and normalisations the statistics of `images`."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.numel() > 1 and bool((parameter == parameter.flatten()[0]).all()):
                # Layer scales start at 1e-6: with them, a block would be next to an identity.
                if 0 < abs(parameter.flatten()[0]) < 0.1:
                    parameter.fill_(0.5)
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
        batch_norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
        if batch_norms:
            momenta = [m.momentum for m in batch_norms]
            for m in batch_norms:
                m.momentum = 1.0
                m.train()
            model(images)
            for m, momentum in zip(batch_norms, momenta):
                m.momentum = momentum
                m.eval()
                m.running_mean.add_(0.1 * m.running_var.sqrt() * torch.randn(m.running_mean.shape, generator=generator))
                m.running_var.mul_(1 + 0.2 * torch.rand(m.running_var.shape, generator=generator))


def evaluate(model, images):
    images = images.clone().requires_grad_(True)
    logits = model(images)
    targets = torch.ones(len(images), dtype=torch.long)
    loss = nn.functional.cross_entropy(logits, targets, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, images)
    return logits.detach(), gradient


def difference(gradient, exact):
    return float((gradient.double() - exact).abs().max() / exact.abs().max())


def find_images(model, exact_model, channels, side, first, first_seed):
    """Images at which float32 knows the gradient, if a few tries find some, and what PyTorch computes there.

    Where an activation is within rounding of the kink of a ReLU, or two are within rounding of being the largest of a
    max-pool window, the gradient in float32 is a matter of luck: PyTorch then differs from itself in float64 by
    percents. Among the millions of activations of a large ReLU network there is nearly always such a one. Images are
    clean where PyTorch agrees with itself, and a change in the last bits of the images does not matter either; of
    others only the gradients in float64 can be compared.
    """
    for seed, share in list(enumerate(SHARES))[first:]:
        size = side if side < 64 else max(64, round(side * share))
        generator = torch.Generator().manual_seed(first_seed + seed)
        images = torch.rand(2, channels, size, size, generator=generator)
        logits, gradient = evaluate(model, images)
        exact_logits, exact = evaluate(exact_model, images.double())
        noise = difference(gradient, exact)
        if noise < CLEAN:
            for _ in range(2):
                nudged = images * (1 + 5e-7 * torch.randn(images.shape, generator=generator))
                noise = max(noise, difference(evaluate(model, nudged)[1], exact))
        results = {"f32": (logits, gradient), "f64": (exact_logits, exact)}
        if noise < CLEAN:
            return images, first_seed + seed, True, results
    return images, first_seed + seed, False, results


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, help="in which each model gets a folder of its name")
    parser.add_argument("models", nargs="+", help="of torchvision, or of small_networks.py")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--opset", type=int, nargs="+", default=[13])
    parser.add_argument("--fixed-batch", type=int, default=0, help="0: the batch stays open")
    parser.add_argument("--seed", type=int, default=0, help="of the first images tried")
    parser.add_argument("--fused", action="store_true", help="let PyTorch fold batch normalisations itself")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(options.threads)
    for name in options.models:
        write_model(name, options.folder / name, options)


def write_model(name, folder, options):
    torch.manual_seed(0)
    model = build(name).eval()
    side = getattr(model, "side", SIDES.get(name, 224))
    channels = getattr(model, "channels", 3)
    disturb(model, torch.rand(2, channels, side, side))
    exact_model = copy.deepcopy(model).double()
    first = FIRST_OF_KINKED if name.startswith(KINKED) else 0
    images, seed, is_clean, results = find_images(
        model, exact_model, channels, side, first, options.seed
    )

    folder.mkdir(parents=True, exist_ok=True)
    for opset in options.opset:
        torch.onnx.export(
            model,
            images[: options.fixed_batch or 2],
            str(folder / f"opset-{opset}.onnx"),
            opset_version=opset,
            training=torch.onnx.TrainingMode.EVAL if options.fused else torch.onnx.TrainingMode.PRESERVE,
            input_names=["image"],
            output_names=["logits"],
            dynamic_axes=None if options.fixed_batch else {"image": {0: "batch"}, "logits": {0: "batch"}},
        )

    def write(file, tensor):
        (folder / file).write_bytes(tensor.contiguous().numpy().tobytes())

    write("input.f32", images)
    for precision, (logits, gradient) in results.items():
        write(f"logits.{precision}", logits)
        write(f"gradient.{precision}", gradient)
    facts = {"shape": list(images.shape), "seed": seed, "clean": is_clean}
    (folder / "facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    sys.exit(main())
