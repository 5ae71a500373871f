"""Turns `pricing/*.yaml`, which people edit, into the one compiled value that runs.

It needs PyYAML only, so a build can do it. The shapes (None where a price is unknown):
  rates    [input, output, cached input, cache write, cache write 1 h], USD per million tokens
  price    [effective_from, rates, source, batch rates, [[above_tokens, rates, batch rates], ...],
            {variant: [rates, long context, note, details]}, [hosting/h, training/Mtok, training/h], note, details]
  tier     [above_tokens, rates, batch rates], then {field: figure} of other units, and the batch's, where there are any
  details  None, or of: other, other_batch ({field: figure}), checked_on, batch_checked_on, up_to_tokens, hours, weekdays
  matching a text of JSON: {provider: {model_match, provider_match, fallback_providers, unpriced, models: [[id, clauses]]}}
  source   an index into `sources`: [title, url, checked_on, published_in, packaged_on]
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from llmcost.catalog.files import Document, read_yaml
from llmcost.catalog.matching import rules_of
from llmcost.catalog.models import Rates
from llmcost.catalog.names import name_table
from llmcost.catalog.units import BY_FIELD
from llmcost.errors import InputError
from llmcost.quantity import QuantityError, number

MAX_BYTES = 16 * 1024 * 1024
PER_HOUR = ("hosting_usd_per_hour", "training_usd_per_mtok", "training_usd_per_hour")
SPEC = ("memory_gb", "bandwidth_gb_s", "bf16_tflops", "fp8_tflops", "fp4_tflops", "tdp_w")
SHAPE = (
    *("parameters", "layers", "kv_heads", "head_size", "width", "heads"),
    *("context_window", "sliding_window", "sliding_layers"),
    *("active_parameters", "experts", "experts_per_token", "shared_experts", "expert_layers"),
    *("latent_size", "linear_layers", "state_bytes", "embedding_parameters"),
    *("attention_parameters", "sparse_tokens"),
)
MATCHING = ("model_match", "provider_match", "fallback_providers", "api_pattern", "unpriced")
OTHER_FIELDS = tuple(field for field in BY_FIELD if field not in Rates._fields)

Compiled = dict[str, Any]


def compile_pricing(folder: str | os.PathLike[str]) -> Compiled:
    """The compiled catalog of a `pricing/` folder, ready to be packed."""
    root = os.fspath(folder)
    reader = Reader()
    models: Compiled = {}
    matching: Compiled = {}
    for kind in ("api", "finetune"):
        for document in _documents(os.path.join(root, kind)):
            models.update(reader.models(document))
            collect_matching(document.data, matching)
    gpu_prices: Compiled = {}
    for document in _documents(os.path.join(root, "gpu")):
        for gpu, entries in reader.gpu_prices(document).items():
            gpu_prices.setdefault(gpu, []).extend(entries)
    compiled = {
        "models": models,
        "gpu_prices": gpu_prices,
        "gpus": reader.gpus(read_yaml(os.path.join(root, "hardware.yaml"))),
        "build": reader.build_costs(read_yaml(os.path.join(root, "build.yaml"))),
        "open_models": _open_models(root, reader),
        "retirements": reader.retirements(read_yaml(os.path.join(root, "retirements.yaml"))),
        **_facts(root, reader, list(models)),
        "regions": _regions(root, reader),
        "matching": json.dumps(matching, separators=(",", ":")),
        "sources": reader.sources,
    }
    names = name_table(models)
    return {**compiled, "names": names.exact, "prefixes": names.prefixes}


def _open_models(root: str, reader: Reader) -> Compiled:
    """A pricing folder of one's own may do without open models."""
    path = os.path.join(root, "models.yaml")
    return reader.open_models(read_yaml(path)) if os.path.exists(path) else {}


def _facts(root: str, reader: Reader, models: list[str]) -> Compiled:
    path = os.path.join(root, "facts.yaml")
    return reader.facts(read_yaml(path), models) if os.path.exists(path) else {"facts": {}, "tokenizers": {}}


def _regions(root: str, reader: Reader) -> list[Any]:
    """A pricing folder of one's own may do without surcharges for regions."""
    path = os.path.join(root, "regions.yaml")
    return reader.regions(read_yaml(path)) if os.path.exists(path) else []


def collect_matching(data: Compiled, matching: Compiled) -> None:
    """Adds how names are matched with the models of a provider's file, in its order; a later file's come first."""
    about = matching.setdefault(data["provider"], {"models": []})
    about |= {key: data[key] for key in MATCHING if data.get(key)}
    about["models"][:0] = [list(rule) for rule in rules_of(data)]


def _documents(folder: str) -> list[Document]:
    names = sorted(name for name in os.listdir(folder) if name.endswith(".yaml"))
    return [read_yaml(os.path.join(folder, name), max_bytes=MAX_BYTES) for name in names]


class Reader:
    """Reads catalog documents, collecting each source once."""

    def __init__(self) -> None:
        self.sources: list[list[str | None]] = []
        self._index: dict[tuple[str | None, ...], int] = {}

    def models(self, document: Document) -> Compiled:
        """`provider/model` to its record."""
        read = _Fields(document)
        provider = document.data["provider"]
        records = {}
        for model, raw in document.data["models"].items():
            path = ("models", model)
            record: Compiled = {"name": raw.get("name") or model}
            for key in ("aliases", "base_model", "listed_by"):
                if raw.get(key):
                    record[key] = raw[key]
            if raw.get("context_window") is not None:
                record["context_window"] = int(read.number(path, "context_window", raw))
            for key in ("tokens_factor", "output_tokens_factor", "reasoning_tokens"):
                if raw.get(key) is not None:
                    record[key] = read.number(path, key, raw)
            if raw.get("deprecated"):
                record["deprecated"] = True
            prices = [
                self._price(read, (*path, "prices", position), entry) for position, entry in enumerate(raw["prices"])
            ]
            record["prices"] = sorted(prices, key=lambda price: price[0] or "")
            records[f"{provider}/{model}"] = record
        return records

    def gpu_prices(self, document: Document) -> Compiled:
        """GPU to [provider, effective_from, region, on demand, spot, note, source], oldest first."""
        read = _Fields(document)
        provider = document.data["provider"]
        prices: Compiled = {}
        for gpu, entries in document.data["gpus"].items():
            compiled = []
            for position, raw in enumerate(entries):
                path = ("gpus", gpu, position)
                compiled.append(
                    [
                        provider,
                        read.day(path, "effective_from", raw),
                        raw.get("region"),
                        read.number(path, "usd_per_gpu_hour", raw),
                        read.optional(path, "spot_usd_per_gpu_hour", raw),
                        raw.get("note"),
                        self.source(read, path, raw),
                    ]
                )
            prices[gpu] = sorted(compiled, key=lambda entry: entry[1] or "")
        return prices

    def gpus(self, document: Document) -> Compiled:
        """GPU to [memory, bandwidth, bf16, fp8, fp4, tdp, interconnect, note, source]."""
        read = _Fields(document)
        specs = {}
        for gpu, raw in document.data["gpus"].items():
            path = ("gpus", gpu)
            figures = [read.optional(path, field, raw) for field in SPEC]
            specs[gpu] = [*figures, raw["interconnect"], raw.get("note"), self.source(read, path, raw)]
        return specs

    def build_costs(self, document: Document) -> Compiled:
        """Component to [low, high, unit, cadence, note, source]."""
        read = _Fields(document)
        costs = {}
        for name, raw in document.data["components"].items():
            path = ("components", name)
            low, high = read.number(path, "low", raw), read.number(path, "high", raw)
            costs[name] = [
                low,
                high,
                raw["unit"],
                raw["cadence"],
                raw.get("note"),
                self.source(read, path, raw),
            ]
        return costs

    def open_models(self, document: Document) -> Compiled:
        """Open model to [the figures of SHAPE, licence, aliases, note, source]."""
        read = _Fields(document)
        shapes = {}
        for model, raw in document.data["open_models"].items():
            path = ("open_models", model)
            figures = [read.optional(path, field, raw) for field in SHAPE]
            shapes[model] = [
                *(None if figure is None else int(figure) for figure in figures),
                raw.get("licence"),
                list(raw.get("aliases") or ()),
                raw.get("note"),
                self.source(read, path, raw),
            ]
        return shapes

    def retirements(self, document: Document) -> Compiled:
        """`provider/model` to [retires_on, whether its fine-tunes go too, source]."""
        read = _Fields(document)
        days = {}
        for model, raw in document.data["retirements"].items():
            path = ("retirements", model)
            day = read.day(path, "retires_on", raw)
            days[model] = [day, bool(raw.get("fine_tunes")), self.source(read, path, raw)]
        return days

    def facts(self, document: Document, models: Sequence[str]) -> Compiled:
        """`facts`: model to [min cacheable tokens, cache lifetime, tokenizer, source]; `tokenizers`: name to [low, high, source].

        The tokenizer before a newer one is that name with a `-` in front.
        """
        read = _Fields(document)
        facts: Compiled = {}
        for position, raw in enumerate(document.data.get("facts") or ()):
            path = ("facts", position)
            figures = [read.optional(path, field, raw) for field in ("min_cacheable_tokens", "cache_lifetime_minutes")]
            source = self.source(read, path, raw)
            facts |= {model: [*figures, None, source] for model in _matching(raw["models"], models)}
        tokenizers: Compiled = {}
        for name, raw in (document.data.get("tokenizers") or {}).items():
            path = ("tokenizers", name)
            source = self.source(read, path, raw)
            ends = [read.number((*path, "tokens_factor"), end, raw["tokens_factor"]) for end in ("low", "high")]
            tokenizers[name] = [*ends, source]
            for patterns, own in ((raw["before"], f"-{name}"), (raw["models"], name)):
                for model in _matching(patterns, models):
                    known = facts.get(model, [None, None, None, source])
                    facts[model] = [*known[:2], own, known[3]]
        return {"facts": facts, "tokenizers": tokenizers}

    def regions(self, document: Document) -> list[Any]:
        """[provider, regions or None for all but those next, except, models, multiplier, source] each."""
        read = _Fields(document)
        rules = []
        for position, raw in enumerate(document.data["regions"]):
            path = ("regions", position)
            multiplier = read.number(path, "multiplier", raw)
            named = (raw.get("only"), raw.get("but") or [], raw["models"])
            rules.append([raw["provider"], *named, multiplier, self.source(read, path, raw)])
        return rules

    def source(self, read: _Fields, path: tuple[str | int, ...], raw: Compiled) -> int:
        """The index of an entry's source; a user's file without one is its own source."""
        given = raw.get("source")
        written: tuple[str | None, ...] = (read.name, None, None, None, None)
        if given:
            at = (*path, "source")
            written = (
                given["title"],
                given.get("url"),
                read.day(at, "checked_on", given),
                given.get("published_in"),
                read.day(at, "packaged_on", given),
            )
        if written not in self._index:
            self._index[written] = len(self.sources)
            self.sources.append(list(written))
        return self._index[written]

    def _price(self, read: _Fields, path: tuple[str | int, ...], raw: Compiled) -> list[Any]:
        variants = {
            name: [
                read.rates((*path, "variants", name), variant),
                read.long_context((*path, "variants", name), variant),
                variant.get("note"),
                read.details((*path, "variants", name), variant),
            ]
            for name, variant in (raw.get("variants") or {}).items()
        }
        return [
            read.day(path, "effective_from", raw),
            read.rates(path, raw),
            self.source(read, path, raw),
            read.rates((*path, "batch"), raw["batch"]) if raw.get("batch") else None,
            read.long_context(path, raw),
            variants,
            [read.optional(path, field, raw) for field in PER_HOUR],
            raw.get("note"),
            read.details(path, raw),
        ]


def _matching(patterns: Sequence[str], models: Sequence[str]) -> list[str]:
    return [model for model in models if any(fnmatchcase(model, pattern) for pattern in patterns)]


class _Fields:
    """Reads the figures of one document, so that an error names the place."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.name = os.path.basename(document.name)

    def number(self, path: Sequence[str | int], field: str, raw: Compiled) -> float:
        try:
            return number(raw.get(field))
        except QuantityError as error:
            where = self.document.where((*path, field))
            raise InputError(f"{field}: {error.what}", where=where, hint=error.hint) from None

    def optional(self, path: Sequence[str | int], field: str, raw: Compiled) -> float | None:
        return None if raw.get(field) is None else self.number(path, field, raw)

    def day(self, path: Sequence[str | int], field: str, raw: Compiled) -> str | None:
        """A day as ISO text; a month stands for its first day."""
        text = raw.get(field)
        if text is None:
            return None
        try:
            return date.fromisoformat(f"{text}-01" if len(str(text)) == 7 else str(text)).isoformat()
        except ValueError:
            where = self.document.where((*path, field))
            raise InputError(f"{field}: {text!r} is not a day", where=where, hint="type it as 2026-11-22") from None

    def rates(self, path: Sequence[str | int], raw: Compiled) -> list[float | None]:
        return [self.optional(path, field, raw) for field in Rates._fields]

    def other(self, path: Sequence[str | int], raw: Compiled) -> dict[str, float]:
        """The figures of units beside the five of `rates`."""
        return {field: self.number(path, field, raw) for field in OTHER_FIELDS if raw.get(field) is not None}

    def details(self, path: tuple[str | int, ...], raw: Compiled) -> Compiled | None:
        """What an entry or variant says besides its rates; None for the most, which say nothing."""
        batch = raw.get("batch") or {}
        found = {
            "other": self.other(path, raw),
            "other_batch": self.other((*path, "batch"), batch),
            "checked_on": self.day(path, "checked_on", raw),
            "batch_checked_on": self.day((*path, "batch"), "checked_on", batch),
            "up_to_tokens": None if raw.get("up_to_tokens") is None else int(self.number(path, "up_to_tokens", raw)),
            "hours": raw.get("hours"),
            "weekdays": raw.get("weekdays"),
        }
        return {key: value for key, value in found.items() if value} or None

    def long_context(self, path: tuple[str | int, ...], raw: Compiled) -> list[list[Any]]:
        tiers = []
        for position, tier in enumerate(raw.get("long_context") or ()):
            at = (*path, "long_context", position)
            batch = self.rates((*at, "batch"), tier["batch"]) if tier.get("batch") else None
            other, other_batch = self.other(at, tier), self.other((*at, "batch"), tier.get("batch") or {})
            shown = [int(self.number(at, "above_tokens", tier)), self.rates(at, tier), batch]
            tiers.append([*shown, other, other_batch] if other or other_batch else shown)
        return sorted(tiers, key=lambda compiled: compiled[0])
