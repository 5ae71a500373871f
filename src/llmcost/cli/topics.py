"""What `llmcost help TOPIC` says of what is no command."""

from __future__ import annotations

TOPICS = {
    "ranges": """\
A number may be a range wherever it is uncertain: 90k..220k is a 90 % interval (5th to 95th percentile).

  2..5   20%..30%   [90k, 220k]   {low: 90k, mid: 120k, high: 220k}   {low: 1, high: 3, shape: uniform}

Figures that ranges reach are expected values, the mean over the simulation; beside them stands the
interval. --samples sets the number of draws, --seed another set of them, --range-covers 80% what a range means.
""",
    "own-prices": """\
Prices come with llmcost, each with its source and the day on which it was checked. Nothing is downloaded.

  llmcost prices list haiku            find a model
  llmcost prices show claude-haiku-4-5 every price of it, with source
  --price MODEL.input=0.80             your own price, marked ! in every output
  --catalog FILE                       a file of your own prices
  --as-of 2027-01-15                   the prices of another day
""",
    "scenario": """\
A scenario is one YAML file: the workload, the architectures that could serve it, and what is required.

  llmcost init scenario.yaml           asks seven questions and writes one
  llmcost init --preset support s.yaml writes an example with every key commented
  llmcost schema scenario              every key, for an editor
""",
    "exit-codes": """\
0    fine
1    an error in llmcost itself: please report it
2    the command line, a file or a figure in it cannot be used
3    a requirement is not known to be met; the result is printed all the same
4    a price is stale, or its day unknown, and --strict was given
130  interrupted
""",
    "output": """\
The first screen answers; --details shows every table and assumption, --explain each charge as quantity x price.

  -f json | csv | markdown   for programs, spreadsheets, pull requests
  -o FILE                    to a file; its ending says the format; never over another file without --force

Marks: * is an assumption of llmcost, ! is your own word in place of the catalog's.
""",
}
