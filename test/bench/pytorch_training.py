"""A training step in eager PyTorch, on the residual networks of `motif train`: what `npm run bench -- training` is compared with.

    python3 test/bench/pytorch_training.py --model resnet20 --batch-size 128 --steps 10     milliseconds a step, as JSON

Nesterov momentum and weight decay, batch normalisation in training mode, shortcuts by projection.
"""

import argparse
import json
import statistics
import time

import torch
from torch.nn import functional as F

import pytorch_search


def measure(model, batch_size, steps):
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    images = torch.rand(batch_size, 3, 32, 32)
    targets = torch.arange(batch_size) % 10
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    times = []
    for _ in range(3 + steps):
        began = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model((images - mean) / std), targets).backward()
        optimizer.step()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times[3:])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=pytorch_search.NETWORKS, default="resnet20")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    widths, blocks, _ = pytorch_search.NETWORKS[options.model]
    pytorch_search.NETWORKS[options.model] = (widths, blocks, True)
    model = pytorch_search.build(options.model)
    print(json.dumps({"msPerStep": measure(model, options.batch_size, options.steps)}))


if __name__ == "__main__":
    main()
