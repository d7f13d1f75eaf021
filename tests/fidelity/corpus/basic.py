from __future__ import annotations

import argparse

p = argparse.ArgumentParser()
p.add_argument("--a", type=int)
p.parse_args()
