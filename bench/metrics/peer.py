"""The scores of two sets by NumPy and PyTorch in f64, written from their papers: `node bench/metrics/peer.js` runs this.

argv: a folder with real.f64, samples.f64 (features), images.f64 (two images per pair), settings.json.
Prints one JSON document.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch

folder = Path(sys.argv[1])
settings = json.loads((folder / "settings.json").read_text())
size, k, width = settings["size"], settings["k"], settings["width"]


def read(name, *shape):
    return torch.from_numpy(np.fromfile(folder / f"{name}.f64").reshape(*shape))


real, samples = read("real", -1, size), read("samples", -1, size)
images = read("images", -1, 2, settings["side"], settings["side"])


def distances(a, b):
    return torch.stack([(b - row).square().sum(1).sqrt() for row in a])


def root(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(np.sqrt(np.maximum(values, 0))) @ vectors.T


def frechet(a, b):
    a, b = a.numpy(), b.numpy()
    s, t = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    middle = root(s) @ t @ root(s)
    trace = np.sqrt(np.maximum(np.linalg.eigvalsh((middle + middle.T) / 2), 0)).sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(s) + np.trace(t) - 2 * trace


def unbiased(kernel, a, b):
    n, m = len(a), len(b)
    aa, bb, ab = kernel(a, a), kernel(b, b), kernel(a, b)
    within = (aa.sum() - aa.trace()) / (n * (n - 1)) + (bb.sum() - bb.trace()) / (m * (m - 1))
    return (within - 2 * ab.mean()).item()


def neighbours():
    rr, ss, rs = distances(real, real), distances(samples, samples), distances(real, samples)
    radius = rr.kthvalue(k + 1, dim=1).values
    inside = rs < radius[:, None]
    clipped = torch.minimum(radius, radius.median())
    own = rr <= clipped[:, None]
    own.fill_diagonal_(False)
    share = lambda counts: counts.clamp(max=k).double().mean().item() / k
    return {
        "precision": inside.any(0).double().mean().item(),
        "recall": (rs < ss.kthvalue(k + 1, dim=1).values[None]).any(1).double().mean().item(),
        "density": inside.sum(0).double().mean().item() / k,
        "coverage": inside.any(1).double().mean().item(),
        "clippedDensityRatio": share((rs <= clipped[:, None]).sum(0)) / share(own.sum(0)),
        "uncalibratedClippedCoverage": share((rs <= radius[:, None]).sum(1)),
    }


def ms_ssim(a, b, span, weights):
    line = torch.exp(-((torch.arange(11) - 5.0) ** 2) / (2 * 1.5**2)).double()
    window = torch.outer(line, line)[None, None] / line.sum() ** 2
    filtered = lambda x: torch.nn.functional.conv2d(x[None, None], window)
    result = 1.0
    for scale, weight in enumerate(weights):
        ma, mb = filtered(a), filtered(b)
        va, vb, cov = filtered(a * a) - ma * ma, filtered(b * b) - mb * mb, filtered(a * b) - ma * mb
        c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
        structure = (2 * cov + c2) / (va + vb + c2)
        luminance = (2 * ma * mb + c1) / (ma * ma + mb * mb + c1)
        factor = (luminance * structure if scale == len(weights) - 1 else structure).mean().item()
        result *= max(factor, 0) ** (weight / sum(weights))
        a, b = (torch.nn.functional.avg_pool2d(x[None, None], 2)[0, 0] for x in (a, b))
    return result


cubic = lambda a, b: (a @ b.T / size + 1) ** 3
gaussian = lambda a, b: torch.exp(-torch.stack([(b - row).square().sum(1) for row in a]) / (2 * width**2))
print(
    json.dumps(
        {
            "fid": float(frechet(real, samples)),
            "kid": unbiased(cubic, real, samples),
            "mmd": unbiased(gaussian, real, samples),
            **neighbours(),
            "msSsim": float(np.mean([ms_ssim(a, b, 2.0, [0.0448, 0.2856]) for a, b in images + 1])),
        }
    )
)
