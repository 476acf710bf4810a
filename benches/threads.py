"""Times packages by several threads beside one, interleaved.

    cargo build --release -p cadet-benches --bin rounds
    python benches/threads.py --rounds target/release/rounds PACKAGE...

Prints the least and the median microseconds of each, and how many times as fast as by one thread that is.
"""

import argparse
import pathlib

from peers import cadet, interleaved


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", required=True, help="the program `rounds`, built for release")
    parser.add_argument("--threads", type=int, nargs="+", default=[2], help="numbers of threads")
    parser.add_argument("--repeat", type=int, default=20, help="rounds of each")
    parser.add_argument("--seconds", type=float, default=0.05, help="length of a round")
    parser.add_argument("packages", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    for package in arguments.packages:
        found = {threads: cadet(arguments.rounds, package, threads) for threads in [1, *arguments.threads]}
        least, middle = interleaved(found, arguments)
        figures = [
            f"{threads}: {least[threads] / 1e3:.1f}/{middle[threads] / 1e3:.1f} us"
            f" ({least[1] / least[threads]:.2f}/{middle[1] / middle[threads]:.2f})"
            for threads in least
        ]
        print(f"{package.stem}  " + "  ".join(figures), flush=True)


if __name__ == "__main__":
    main()
