#!/usr/bin/env python3
"""Reference results for Tests/RLEditLearnersTests/SearchBenchmarkTests.swift.

pycma (full and separable CMA-ES) and an evolution strategy written out below with NumPy, on five functions whose optimum
lies inside of the box [-1, 1]^n: quartiles over seeds of the evaluations until a value is reached, or of the last value.
No box is known to pycma, and none is needed: what ours does at its border has tests of its own. Writes Tests/RLEditLearnersTests/Fixtures/search_benchmarks.json.
Needs cma (4.x) and NumPy.
"""
import json
import pathlib
import warnings

import numpy

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import cma

SEEDS = range(1, 16)
OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "Tests/RLEditLearnersTests/Fixtures/search_benchmarks.json"


def optimum(n):
    """Where each function is 0: inside of the box, away from its middle."""
    return numpy.array([0.5 - (7 * i % 11) / 11 for i in range(n)])


def ellipsoid(z):
    return float(sum(10 ** (6 * i / (len(z) - 1)) * v * v for i, v in enumerate(z)))


def reflected(z):
    """An orthogonal map along no axis: the reflection by (1, 2, ..., n)."""
    v = numpy.arange(1, len(z) + 1)
    return z - 2 * v * (v @ z) / (v @ v)


FUNCTIONS = {
    "sphere": lambda d: float(4 * d @ (4 * d)),
    "ellipsoid": lambda d: ellipsoid(4 * d),
    "rotatedEllipsoid": lambda d: ellipsoid(reflected(4 * d)),
    "rosenbrock": lambda d: float(sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(1 + 2 * d, 1 + 2 * d[1:]))),
    "rastrigin": lambda d: float(10 * len(d) + sum(v * v - 10 * numpy.cos(2 * numpy.pi * v) for v in 5 * d)),
}


class Problem:
    """Counts evaluations and remembers the best value."""

    def __init__(self, function, n, target):
        self.function, self.optimum, self.target = FUNCTIONS[function], optimum(n), target
        self.evaluations, self.best, self.reached = 0, float("inf"), None

    def __call__(self, x):
        self.evaluations += 1
        value = self.function(x - self.optimum)
        self.best = min(self.best, value)
        if self.reached is None and self.target is not None and value <= self.target:
            self.reached = self.evaluations
        return value


def run_cma(problem, n, population, budget, seed, diagonal):
    options = {"popsize": population, "seed": seed, "verbose": -9, "CMA_diagonal": diagonal, "tolfun": 0, "tolx": 0,
               "tolfunhist": 0, "tolflatfitness": 10**9, "tolstagnation": 10**9, "tolconditioncov": 1e20}
    strategy = cma.CMAEvolutionStrategy([0.0] * n, 0.5, options)
    while problem.evaluations < budget and problem.reached is None:
        candidates = strategy.ask()
        strategy.tell(candidates, [problem(x) for x in candidates])
    return problem.best


def run_evolution_strategy(problem, n, population, budget, seed, sigma=0.1, rate=0.05):
    """Salimans et al. 2017: mirrored pairs, centred ranks, Adam; returns the value at the mean."""
    random = numpy.random.default_rng(seed)
    mean, first, second, step = numpy.zeros(n), numpy.zeros(n), numpy.zeros(n), 0
    while problem.evaluations < budget:
        alpha = rate * (1 - problem.evaluations / budget)
        noise = random.standard_normal((population // 2, n))
        returns = -numpy.array([problem(mean + sign * sigma * e) for e in noise for sign in (1, -1)])
        ranks = returns.argsort().argsort() / (len(returns) - 1) - 0.5
        gradient = ((ranks[0::2] - ranks[1::2]) @ noise) / (len(returns) * sigma)
        step += 1
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        mean = mean + alpha * (first / (1 - 0.9**step)) / (numpy.sqrt(second / (1 - 0.999**step)) + 1e-8)
        mean = numpy.clip(mean, -1, 1)
    return problem.function(mean - problem.optimum)


# learner, function, n, population, budget, target (None: the last value is recorded)
CASES = [
    ("CMAES", "sphere", 10, 10, 4000, 1e-6),
    ("CMAES", "sphere", 40, 15, 8000, 1e-6),
    ("CMAES", "rotatedEllipsoid", 10, 10, 16000, 1e-6),
    ("CMAES", "rosenbrock", 10, 10, 16000, 1e-6),
    ("CMAES", "rastrigin", 5, 60, 9000, None),
    ("SeparableCMAES", "sphere", 40, 15, 8000, 1e-6),
    ("SeparableCMAES", "ellipsoid", 20, 12, 16000, 1e-6),
    ("SeparableCMAES", "rosenbrock", 10, 10, 16000, 1.0),
    ("SeparableCMAES", "rastrigin", 5, 60, 9000, None),
    ("EvolutionStrategy", "sphere", 10, 32, 4096, None),
    ("EvolutionStrategy", "ellipsoid", 10, 32, 4096, None),
    ("EvolutionStrategy", "rosenbrock", 10, 32, 4096, None),
    ("EvolutionStrategy", "rastrigin", 5, 32, 4096, None),
]


def main():
    results = []
    for learner, function, n, population, budget, target in CASES:
        values = []
        for seed in SEEDS:
            problem = Problem(function, n, target)
            if learner == "EvolutionStrategy":
                last = run_evolution_strategy(problem, n, population, budget, seed)
            else:
                last = run_cma(problem, n, population, budget, seed, learner == "SeparableCMAES")
            values.append(last if target is None else (problem.reached or budget))
        quartiles = [float(f"{q:.6g}") for q in numpy.percentile(values, [25, 50, 75])]
        results.append({"learner": learner, "function": function, "dimension": n, "populationSize": population,
                        "budget": budget, "target": target, "quartiles": quartiles})
        print(learner, function, n, quartiles)
    document = {"about": "Written by scripts/golden/search_benchmarks.py",
                "versions": {"cma": cma.__version__.split()[0], "numpy": numpy.__version__}, "cases": results}
    OUTPUT.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
