"""Time of a token in PyTorch's sampling loops: the networks of ../sampling.js, one token after the other, states and keys kept."""
import argparse
import json
import time

import torch
from torch import nn

VOCABULARY, LENGTH, WIDTH, HEADS, LAYERS = 64, 128, 128, 4, 4


class Gru(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(VOCABULARY + 1, WIDTH)
        self.cell = nn.GRUCell(WIDTH, WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY)

    def start(self, count):
        return torch.zeros(count, WIDTH)

    def step(self, token, position, state):
        state = self.cell(self.table(token), state)
        return self.head(state), state


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.project = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.merge = nn.Linear(WIDTH, WIDTH, bias=False)
        self.widen, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.gelu = nn.GELU()

    def step(self, x, position, keys, values):
        count = x.shape[0]
        query, key, value = self.project(self.first(x)).view(count, 3, HEADS, WIDTH // HEADS).unbind(1)
        keys[:, :, position], values[:, :, position] = key, value
        seen = slice(0, position + 1)
        scores = torch.einsum("bhd,bhtd->bht", query, keys[:, :, seen]) / (WIDTH // HEADS) ** 0.5
        mixed = torch.einsum("bht,bhtd->bhd", scores.softmax(-1), values[:, :, seen]).reshape(count, WIDTH)
        x = x + self.merge(mixed)
        return x + self.narrow(self.gelu(self.widen(self.second(x))))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(VOCABULARY + 1, WIDTH)
        self.positions = nn.Parameter(torch.randn(LENGTH, WIDTH) * 0.02)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.last, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCABULARY)

    def start(self, count):
        shape = (count, HEADS, LENGTH, WIDTH // HEADS)
        return [(torch.zeros(shape), torch.zeros(shape)) for _ in range(LAYERS)]

    def step(self, token, position, state):
        x = self.table(token) + self.positions[position]
        for block, (keys, values) in zip(self.blocks, state):
            x = block.step(x, position, keys, values)
        return self.head(self.last(x)), state


def sample(model, count):
    state = model.start(count)
    token = torch.full((count,), VOCABULARY)
    for position in range(LENGTH):
        logits, state = model.step(token, position, state)
        token = torch.multinomial(logits.softmax(-1), 1)[:, 0]
    return token


def least(run, rounds=5):
    run()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    torch.set_num_threads(parser.parse_args().threads)
    rows = []
    with torch.no_grad():
        for name, model in (("gru", Gru()), ("transformer", Transformer())):
            model.eval()
            for count in (1, 64):
                seconds = least(lambda: sample(model, count))
                rows.append({"name": name, "count": count, "microsecondsPerToken": seconds * 1e6 / LENGTH})
    print(json.dumps({"version": torch.__version__, "rows": rows}))


if __name__ == "__main__":
    main()
