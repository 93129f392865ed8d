"""The search's loop in eager PyTorch, on CIFAR ResNets with random weights: what `npm run bench -- search` is compared with.

    python3 test/bench/pytorch_search.py --model resnet20 --steps 300     steps a second, as JSON
    python3 test/bench/pytorch_search.py --model resnet18 --export FILE   the same network as ONNX

Run it and Motif's bench alternately on an idle machine and take the median of the pairs' ratios.
"""

import argparse
import json
import time

import torch
from torch import nn
from torch.nn import functional as F

# Widths of the stages, blocks in each, and whether shortcuts are projections (else strided slices, padded: option A).
NETWORKS = {
    "resnet8": ([16, 32, 64], [1, 1, 1], False),
    "resnet18": ([64, 128, 256, 512], [2, 2, 2, 2], True),
    "resnet20": ([16, 32, 64], [3, 3, 3], False),
}


class Block(nn.Module):
    def __init__(self, entering, width, stride, is_projected):
        super().__init__()
        self.conv1 = nn.Conv2d(entering, width, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.padding = (width - entering) // 2
        self.is_same = stride == 1 and entering == width
        self.projection = None
        if is_projected and not self.is_same:
            conv = nn.Conv2d(entering, width, 1, stride, bias=False)
            self.projection = nn.Sequential(conv, nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        if self.is_same:
            return F.relu(y + x)
        if self.projection is not None:
            return F.relu(y + self.projection(x))
        return F.relu(y + F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.padding, self.padding)))


def build(name):
    torch.manual_seed(0)
    widths, blocks, is_projected = NETWORKS[name]
    entering = widths[0]
    layers = [nn.Conv2d(3, entering, 3, 1, 1, bias=False), nn.BatchNorm2d(entering), nn.ReLU()]
    for stage, (width, count) in enumerate(zip(widths, blocks)):
        for index in range(count):
            layers.append(Block(entering, width, 2 if stage > 0 and index == 0 else 1, is_projected))
            entering = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(entering, 10)).eval()


def export(model, path):
    # Statistics of noise keep activations of order one.
    model.train()
    with torch.no_grad():
        for _ in range(20):
            model((torch.rand(64, 3, 32, 32) - 0.45) / 0.23)
    axes = {"image": {0: "batch"}, "logits": {0: "batch"}}
    names = {"input_names": ["image"], "output_names": ["logits"], "dynamic_axes": axes}
    torch.onnx.export(model.eval(), torch.rand(1, 3, 32, 32), path, opset_version=13, **names)


def measure(model, batch_size, steps):
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    images, canvas = torch.rand(2000, 3, 32, 32), torch.rand(1, 3, 32, 32)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    target = torch.zeros(batch_size, dtype=torch.long)
    mask = torch.full((1, 1, 32, 32), 0.5)

    def step(index, mask):
        first = index * batch_size % (len(images) - batch_size)
        mask.requires_grad_(True)
        mixed = mask * canvas + (1 - mask) * images[first : first + batch_size]
        loss = 0.2 * F.cross_entropy(model((mixed - mean) / std), target) + 0.8 * mask.sum() / 512
        (gradient,) = torch.autograd.grad(loss, mask)
        with torch.no_grad():
            return (mask - 0.02 * gradient.sign()).clamp_(0, 1)

    for index in range(20):
        mask = step(index, mask.detach())
    began = time.perf_counter()
    for index in range(steps):
        mask = step(index, mask.detach())
    return steps / (time.perf_counter() - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=NETWORKS, default="resnet20")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--export", metavar="FILE")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = build(options.model)
    if options.export:
        export(model, options.export)
    else:
        print(json.dumps({"stepsPerSecond": measure(model, options.batch_size, options.steps)}))


if __name__ == "__main__":
    main()
