"""PyTorch on the CPU, one training step of each sequence workload: `transformer` and `gru`.

Usage: python3 torch_sequences.py [--threads N] [--only NAME] [--seconds S]
Prints one JSON object per line, as torch_bench.py does: {"peer", "threads", "workload", "ms"}.

With --losses N it prints {"workload", "losses"} instead: the losses of the first N steps with the parameters
0.3 sin(k + 1000 p) (element k of parameter p, in the order of `parameters`, weights as [in, out]) and the tokens
(7 k + k * k % 11) % 64, which tests/bench compares with those of src/bench/sequence-workloads.ts.
"""
import argparse
import json
import math
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

POSITIONS, VOCABULARY = 128, 64


class Block(nn.Module):
    """A layer of a transformer with normalisation before each part (Radford et al. 2019, section 2.3)."""

    def __init__(self, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.first, self.project, self.merge = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.second, self.widen, self.narrow = nn.LayerNorm(width), nn.Linear(width, hidden), nn.Linear(hidden, width)

    def attend(self, x, mask):
        batch, positions, width = x.shape
        parts = self.project(x).view(batch, positions, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts.unbind(0)
        if hasattr(F, "scaled_dot_product_attention"):
            seen = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        else:
            scores = queries @ keys.transpose(-2, -1) / math.sqrt(width // self.heads)
            seen = torch.softmax(scores + mask, -1) @ values
        return self.merge(seen.transpose(1, 2).reshape(batch, positions, width))

    def forward(self, x, mask):
        x = x + self.attend(self.first(x), mask)
        return x + self.narrow(F.gelu(self.widen(self.second(x))))


class Transformer(nn.Module):
    batch = 16

    def __init__(self, width=128, layers=4, heads=4, hidden=512):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, width)
        self.positions = nn.Parameter(torch.randn(POSITIONS, width) * 0.02)
        self.blocks = nn.ModuleList(Block(width, heads, hidden) for _ in range(layers))
        self.last, self.head = nn.LayerNorm(width), nn.Linear(width, VOCABULARY)
        self.register_buffer("mask", torch.full((POSITIONS, POSITIONS), -math.inf).triu(1))

    def loss(self, tokens):
        x = self.tokens(tokens[:, :-1]) + self.positions
        for block in self.blocks:
            x = block(x, self.mask)
        return F.cross_entropy(self.head(self.last(x)).reshape(-1, VOCABULARY), tokens[:, 1:].reshape(-1))

    def ordered(self):
        """The parameters in the order of genloom's model, and whether each is stored transposed."""
        yield self.tokens.weight, False
        yield self.positions, False
        for block in self.blocks:
            for part in (block.first, block.project, block.merge, block.second, block.widen, block.narrow):
                yield from affine(part)
        yield from affine(self.last)
        yield from affine(self.head)


class Gru(nn.Module):
    batch = 32

    def __init__(self, width=256):
        super().__init__()
        self.tokens, self.gru, self.head = nn.Embedding(VOCABULARY, width), nn.GRU(width, width), nn.Linear(width, VOCABULARY)

    def loss(self, tokens):
        by_position = tokens.t()
        states, _ = self.gru(self.tokens(by_position[:-1]))
        return F.cross_entropy(self.head(states).reshape(-1, VOCABULARY), by_position[1:].reshape(-1))

    def ordered(self):
        yield self.tokens.weight, False
        for weight, bias in (
            (self.gru.weight_ih_l0, self.gru.bias_ih_l0),
            (self.gru.weight_hh_l0, self.gru.bias_hh_l0),
        ):
            for gate_weight, gate_bias in zip(weight.chunk(3), bias.chunk(3)):
                yield gate_weight, True
                yield gate_bias, False
        yield from affine(self.head)


def affine(part):
    yield part.weight, isinstance(part, nn.Linear)
    yield part.bias, False


WORKLOADS = {"transformer": Transformer, "gru": Gru}


def training(model):
    """A step that gathers a batch of random tokens, as genloom's does, and trains the model on it."""
    data = torch.randint(VOCABULARY, (1024, POSITIONS + 1))
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def step():
        tokens = data[torch.randperm(len(data))[: model.batch]]
        optimizer.zero_grad()
        model.loss(tokens).backward()
        optimizer.step()

    return step


def first_losses(model, count):
    with torch.no_grad():
        for index, (parameter, transposed) in enumerate(model.ordered()):
            shape = parameter.t().shape if transposed else parameter.shape
            values = 0.3 * torch.sin(torch.arange(parameter.numel(), dtype=torch.float64) + 1000 * index)
            values = values.to(torch.float32).reshape(shape)
            parameter.copy_(values.t() if transposed else values)
    k = torch.arange(model.batch * (POSITIONS + 1))
    tokens = ((7 * k + k * k % 11) % VOCABULARY).reshape(model.batch, POSITIONS + 1)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    losses = []
    for _ in range(count):
        optimizer.zero_grad()
        loss = model.loss(tokens)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def best_ms(step, seconds, warm=3):
    for _ in range(warm):
        step()
    best, end = math.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        step()
        best = min(best, time.perf_counter() - begin)
    return best * 1e3


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--losses", type=int)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    peer = "pytorch-" + torch.__version__.split("+")[0]
    for name, make in WORKLOADS.items():
        if options.only and options.only != name:
            continue
        if options.losses:
            print(json.dumps({"workload": name, "losses": first_losses(make(), options.losses)}), flush=True)
            continue
        ms = round(best_ms(training(make()), options.seconds), 4)
        print(json.dumps({"peer": peer, "threads": options.threads, "workload": name, "ms": ms}), flush=True)
