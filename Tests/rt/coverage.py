# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""How often a deadline is called missed or met by chance: coverage.py [EXPERIMENTS]

The true share of late operations is just what the deadline allows, so every decision is a matter of
chance. Runs differ in their shares by a beta distribution. Beside the judge's rule (Korn and Graubard's
interval over runs) stands what the exact interval of the pooled counts would decide. docs/verdict.md
keeps the table. Needs numpy and scipy, whose distributions are not the tool's own.
"""

import sys

import numpy
from scipy.stats import beta, t

RUNS, FIRST_LOOK, SURE, LEVEL = 8, 4, 0.99, 0.95


def exact(hits, trials, level):
    tail = (1 - level) / 2
    return (beta.ppf(tail, hits, trials - hits + 1) if hits > 0 else 0,
            beta.ppf(1 - tail, hits + 1, trials - hits) if hits < trials else 1)


def pooled(hits, trials, level):
    return exact(hits.sum(), trials * len(hits), level)


def over_runs(hits, trials, level):
    count, total = len(hits), trials * len(hits)
    share = hits.sum() / total
    variance = count / (count - 1) * ((hits - share * trials) ** 2).sum() / total ** 2
    effective = min(total, share * (1 - share) / variance) if variance > 0 else total
    tail = (1 - level) / 2
    effective *= (t.ppf(1 - tail, total - 1) / t.ppf(1 - tail, count - 1)) ** 2
    return exact(share * effective, effective, level)


def shares(random, share, scatter):
    """Of each run; `scatter` is their standard deviation, relative."""
    if not scatter:
        return numpy.full(RUNS, share)
    a = share * (share * (1 - share) / (share * scatter) ** 2 - 1)
    return random.beta(a, a * (1 - share) / share, RUNS)


def main(experiments=2000):
    random = numpy.random.default_rng(7)
    print(f"{'share':>6}{'operations':>12}{'scatter':>9}{'missed':>9}{'pooled':>9}{'met':>9}{'pooled':>9}")
    for share in (0.001, 0.01, 0.1):
        for trials in (1000, 10000):
            for scatter in (0, 0.3, 1):
                counts = numpy.zeros(4)
                for _ in range(experiments):
                    hits = random.binomial(trials, shares(random, share, scatter))
                    looks = [hits[:runs] for runs in range(FIRST_LOOK, RUNS + 1)]
                    for place, interval in enumerate((over_runs, pooled)):
                        counts[place] += any(interval(one, trials, SURE)[0] > share for one in looks)
                        counts[2 + place] += interval(hits, trials, LEVEL)[1] <= share
                print(f"{share:6}{trials:12}{scatter:9.0%}"
                      + "".join(f"{one / experiments:9.2%}" for one in counts), flush=True)


main(*map(int, sys.argv[1:]))
