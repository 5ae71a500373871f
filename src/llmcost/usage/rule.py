"""The rule for one line of a log, written once, in SQL: from what a format says to disjoint buckets of tokens.

`entries` is a table with a row for each record that may be a call, in the format's own terms (`entries.py` has its
columns; DuckDB fills it from flat files, Python readers from the others). `judged` is the same with disjoint buckets,
`problem` (why a row is not counted, NULL: it is), `contradicts` (the question of the convention that it answers
otherwise than the file is read) and what was put right. The text runs on DuckDB and Spark as it is, and through
sqlglot in warehouses, so it has nothing in it but CASE, COALESCE and arithmetic.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product

from llmcost.usage.convention import Convention

PICO = 10**12
DEAREST = 9e6  # USD of one record; as whole 1e-12 it still fits 64 bits
LARGEST = (1 << 53) - 1  # beyond it a float takes one whole number for another, and engines would differ
NO_TASK = ""
STANDARD = "standard"
BATCH = "batch"

NO_COUNTS = "no token counts"
UNEXPLAINED = "total is no sum of the parts"
FROM_TOTAL = "a missing count worked out from the total"
AGAINST_STATED = "contradicts the stated convention"
BAD_COST = "unreadable cost, counted as not recorded"
NEGATIVE_COST = "negative cost, counted as not recorded"
LONGER_SPLIT = "cache writes by lifetime exceed their sum, the split is counted"
TIERS = {
    **dict.fromkeys(("", "default", "standard", "auto", "none", "false", "0", "on_demand"), STANDARD),
    **dict.fromkeys(("batch", "batches", "true", "1"), BATCH),
}
# The counts of an entry in the order in which they are looked at, and how a reason calls each.
COUNTS = {
    "total": "total tokens",
    "input": "input tokens",
    "output": "output tokens",
    "cache_read": "cached tokens",
    "cache_write": "cache write tokens",
    "cache_write_5m": "cache write tokens",
    "cache_write_1h": "cache write tokens",
    "reasoning": "reasoning tokens",
}
# What a judged row says was put right: a column that is true, and its reason.
REPAIRS = {"from_total": FROM_TOTAL, "longer_split": LONGER_SPLIT, "unexplained": UNEXPLAINED}
_ANSWERS = (True, False)


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def judged(
    entries: str,
    has: Collection[str],
    convention: Convention,
    *,
    stated: bool = False,
    bucket: bool = False,
    model: str = "",
    proofs: bool = True,
) -> str:
    """The judged rows of some entries, a SELECT with the columns `has`; a column that it lacks costs nothing.

    `stated`: the convention is the user's own word, and a row that proves otherwise is not counted. `bucket`: a row
    sums up many calls. `model` names the model where a row names none. Without `proofs` there is nothing beside what a call
    and `clean` are made of.
    """
    return _Rule(has, convention, stated, bucket, model, proofs).text(entries)


class _Rule:
    def __init__(
        self, has: Collection[str], convention: Convention, stated: bool, bucket: bool, model: str, proofs: bool
    ) -> None:
        self.has = has
        self.convention = convention
        self.stated = stated
        self.bucket = bucket
        self.model = model
        self.proofs = proofs
        self.cached = [name for name in ("cache_read", "write_5m", "write_1h") if self._there(name)]
        self.reasoning = "reasoning" in has

    def _there(self, name: str) -> bool:
        if name == "write_5m":
            return not {"cache_write", "cache_write_5m"}.isdisjoint(self.has)
        return name.replace("write_1h", "cache_write_1h") in self.has if name == "write_1h" else name in self.has

    def text(self, entries: str) -> str:
        """Counts, then what they add up to, then what they prove, then the buckets."""
        kept = [name for name in self.has if name not in COUNTS]
        passed = ", ".join([*kept, *(["reason"] if self.reasons else [])])
        steps = [self._counted(), self._summed(), self._proven()]
        text = entries
        for step, columns in enumerate(steps, 1):
            text = f"SELECT {', '.join(filter(None, [passed if step > 1 else ', '.join(kept), columns]))} FROM (\n{text}\n) AS e{step}"
        return f"SELECT {', '.join(self._buckets(kept))} FROM (\n{text}\n) AS proven"

    # ---- a count by itself

    @property
    def reasons(self) -> list[str]:
        """Why a row is not counted, as the arms of a CASE; the first one that holds is told."""
        arms = [f"WHEN {self._in_order} THEN NULL"]
        for name, called in COUNTS.items():
            if name in self.has:
                arms.append(f"WHEN {name} < 0 THEN '{called} are negative'")
                arms.append(f"WHEN {name} > {LARGEST} THEN '{called} are beyond any log'")
        known = [name for name in COUNTS if name in self.has and name != "total"]
        some = " + ".join(f"COALESCE({name}, 0)" for name in known) or "0"
        input_, output, total = (self._or_null(name) for name in ("input", "output", "total"))
        # Of a total alone nobody knows the price, and it is not nothing.
        arms.append(f"WHEN {input_} IS NULL AND {output} IS NULL THEN '{NO_COUNTS}'")
        if "total" in self.has:
            arms.append(f"WHEN total > 0 AND {some} = 0 THEN '{NO_COUNTS}'")
        others = [n for n in known if n not in ("input", "output", "cache_write")]
        beside = " + ".join(f"COALESCE({name}, 0)" for name in others)
        if "cache_write" in self.has:
            beside = f"{beside or '0'} + CASE WHEN cache_write > {self._split} THEN cache_write ELSE 0 END"
        lacking = f"{total} IS NULL" + (f" OR {beside} > 0" if beside else "")
        for name, value in (("input", input_), ("output", output)):
            arms.append(f"WHEN {value} IS NULL AND ({lacking}) THEN 'no {name} tokens'")
        if "total" in self.has:
            arms.append(
                f"WHEN ({input_} IS NULL OR {output} IS NULL) AND COALESCE({input_}, {output}) > total THEN '{UNEXPLAINED}'"
            )
        if "calls" in self.has:
            arms += [
                "WHEN calls < 0 THEN 'calls are negative'",
                f"WHEN calls > {LARGEST} THEN 'calls are beyond any log'",
            ]
        return arms

    @property
    def _in_order(self) -> str:
        """What most rows are, so that an engine asks them nothing else."""
        held = [f"{self._or_null(name)} BETWEEN 1 AND {LARGEST}" for name in ("input", "output")]
        others = [name for name in COUNTS if name in self.has and name not in ("input", "output")]
        held += [f"COALESCE({name}, 0) BETWEEN 0 AND {LARGEST}" for name in others]
        return " AND ".join([*held, *(["calls = 1"] if "calls" in self.has else [])])

    def _or_null(self, name: str) -> str:
        return name if name in self.has else "CAST(NULL AS BIGINT)"

    @property
    def _split(self) -> str:
        parts = [f"COALESCE({name}, 0)" for name in ("cache_write_5m", "cache_write_1h") if name in self.has]
        return f"({' + '.join(parts)})" if parts else "0"

    def _counted(self) -> str:
        """The counts with nothing missing, and why a row is none."""
        input_, output = self._or_null("input"), self._or_null("output")
        from_total = "total" in self.has
        found = {
            "reason": f"CASE {' '.join(self.reasons)} END",
            "input": f"COALESCE({input_}, total - {output})" if from_total else input_,
            "output": f"COALESCE({output}, total - {input_})" if from_total else output,
        }
        if from_total:
            found |= {"total": "total", "from_total": f"({input_} IS NULL OR {output} IS NULL)"}
        if "cache_read" in self.has:
            found["cache_read"] = "COALESCE(cache_read, 0)"
        if self._there("write_5m"):
            own = "COALESCE(cache_write_5m, 0)" if "cache_write_5m" in self.has else "0"
            if "cache_write" in self.has:
                # A breakdown may cover the first step of a call only: the rest is a write of the usual lifetime.
                rest = "cache_write - COALESCE(cache_write_1h, 0)" if "cache_write_1h" in self.has else "cache_write"
                own = f"CASE WHEN cache_write > {self._split} THEN {rest} ELSE {own} END"
            found["write_5m"] = own
        if "cache_write" in self.has and self._split != "0":
            found["longer_split"] = f"COALESCE(cache_write < {self._split}, FALSE)"
        if self._there("write_1h"):
            found["write_1h"] = "COALESCE(cache_write_1h, 0)"
        if self.reasoning:
            found["reasoning"] = "COALESCE(reasoning, 0)"
        return _listed(found)

    # ---- what the counts add up to

    def _fit(self, cache_in: bool, reasoning_in: bool, output: str = "output") -> str:
        """Whether the total is the sum under one convention."""
        sum_ = f"input + {output}"
        held = []
        if self.cached:
            sum_ += "" if cache_in else " + cached"
            held += ["cached <= input"] if cache_in else []
        if self.reasoning:
            sum_ += "" if reasoning_in else " + reasoning"
            held += [f"reasoning <= {output}"] if reasoning_in else []
        return " AND ".join([f"total = {sum_}", *held])

    @property
    def _ways(self) -> list[tuple[bool, bool]]:
        return list(product(_ANSWERS if self.cached else (True,), _ANSWERS if self.reasoning else (True,)))

    def _any_fit(self, output: str = "output") -> str:
        return " OR ".join(f"({self._fit(*way, output)})" for way in self._ways)

    def _carried(self) -> list[str]:
        """What goes through the steps as it is."""
        own = ["input", "output", "total" if "total" in self.has else ""]
        own += ["from_total" if "total" in self.has else "", *self.cached, "reasoning" if self.reasoning else ""]
        own += ["longer_split" if "cache_write" in self.has and self._split != "0" else ""]
        return [name for name in own if name]

    def _summed(self) -> str:
        """The cached tokens together. Passed on: everything that was counted."""
        cached = f", {' + '.join(self.cached)} AS cached" if self.cached else ""
        return ", ".join(self._carried()) + cached

    def _proven(self) -> str:
        """The output with what only the total names, and what each way of adding up makes of it."""
        carried = self._carried()
        found = {}
        output = "output"
        if "rest" in self.has and "total" in self.has:
            # What it is, of the output, that the total counts and no part names.
            carried.remove("output")
            unnamed = f"rest IS NOT NULL AND total > input + output AND NOT ({self._any_fit()})"
            output = f"CASE WHEN {unnamed} THEN total - input ELSE output END"
            found["output"] = output
            found["worked_out"] = f"CASE WHEN {unnamed} THEN total - input - output END"
        if "total" in self.has:
            inner = f"({output})"
            for way in self._ways:
                found[_name(way)] = f"({self._fit(*way, inner)})"
        return ", ".join([*carried, *(["cached"] if self.cached else []), _listed(found)]).rstrip(", ")

    # ---- the verdict

    def _proof(self, question: str) -> str:
        """Which answer a row proves, as SQL that is NULL where it proves none."""
        part, whole = ("cached", "input") if question == "cache" else ("reasoning", "output")
        if not (self.cached if question == "cache" else self.reasoning):
            return "CAST(NULL AS BOOLEAN)"
        alone = f"CASE WHEN {part} > {whole} THEN FALSE END"
        if "total" not in self.has:
            return alone
        place = 0 if question == "cache" else 1
        by = {answer: " OR ".join(_name(way) for way in self._ways if way[place] is answer) for answer in _ANSWERS}
        return (
            f"CASE WHEN total IS NULL OR {self._unexplained} THEN {alone} WHEN {part} = 0 THEN NULL "
            f"WHEN NOT ({by[False]}) THEN TRUE WHEN NOT ({by[True]}) THEN FALSE END"
        )

    @property
    def _unexplained(self) -> str:
        if "total" not in self.has:
            return "FALSE"
        return f"(total IS NOT NULL AND NOT ({' OR '.join(map(_name, self._ways))}))"

    def _verdicts(self) -> list[str]:
        """The question that a row leaves open or answers otherwise, as the arms of a CASE."""
        arms = []
        parts = {"cache": ("cached", self.cached), "reasoning": ("reasoning", self.reasoning)}
        held = dict(zip(parts, self.convention, strict=True))
        asked = [held[question] for question, (_, there) in parts.items() if there]
        if "total" in self.has and asked and None not in asked:
            # Where the convention explains the total, nothing proves another one.
            way = tuple(held[question] if there else True for question, (_, there) in parts.items())
            arms.append(f"WHEN {_name(way)} THEN NULL")
        for question, (part, there) in parts.items():
            if there and held[question] is None:
                arms.append(f"WHEN {part} > 0 THEN 'undecided {question}'")
        for question, (_, there) in parts.items():
            if there and held[question] is not None:
                other = "" if not held[question] else "NOT "
                arms.append(f"WHEN {other}({self._proof(question)}) THEN '{question}'")
        return arms

    def _buckets(self, kept: Sequence[str]) -> list[str]:
        cache_in, reasoning_in = self.convention
        arms = self._verdicts()
        verdict = f"CASE WHEN reason IS NULL THEN CASE {' '.join(arms)} END END" if arms else "CAST(NULL AS STRING)"
        problem = f"COALESCE(reason, CASE WHEN {verdict} IS NOT NULL THEN '{AGAINST_STATED}' END)"
        if self.stated and not any("undecided" in arm for arm in arms) and arms:
            found = {"problem": problem, "contradicts": "CAST(NULL AS STRING)"}
        else:
            found = {"problem": "reason", "contradicts": verdict}
        if self.proofs:
            found |= {f"{question}_proof": self._proof(question) for question in ("cache", "reasoning")}
            found["cached"] = "cached" if self.cached else "0"
            found["reasoning"] = "reasoning" if self.reasoning else "0"
            found["worked_out"] = "worked_out" if {"rest", "total"} <= set(self.has) else "CAST(NULL AS BIGINT)"
        found["unexplained"] = self._unexplained
        found["from_total"] = "from_total" if "total" in self.has else "FALSE"
        found["longer_split"] = "longer_split" if "longer_split" in self._carried() else "FALSE"
        if "tier" in self.has:
            known = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in TIERS.items())
            folded = "LOWER(TRIM(tier))"
            found["tier"] = f"CASE WHEN tier IS NULL THEN '{STANDARD}' ELSE CASE {folded} {known} ELSE {folded} END END"
        if self.model:
            named = f"COALESCE(NULLIF(model, ''), {literal(self.model)})" if "model" in kept else literal(self.model)
            found["model"] = named
        found["uncached_input"] = "input - cached" if self.cached and cache_in else "input"
        for name, own in (("cache_read", "cache_read"), ("write_5m", "cache_write_5m"), ("write_1h", "cache_write_1h")):
            if name in self.cached:
                found[own] = name
        found["output"] = "output + reasoning" if self.reasoning and reasoning_in is False else "output"
        if "usd" in self.has:
            low = f"-{DEAREST}" if self.bucket else "0"  # a cost report has credits, a call has none
            found["pico_usd"] = (
                f"CASE WHEN usd >= {low} AND usd > -{DEAREST} AND usd < {DEAREST} "
                f"THEN CAST(FLOOR(usd * {PICO:.0e} + 0.5) AS BIGINT) END"
            )
            found["odd_cost"] = (
                f"CASE WHEN usd <= -{DEAREST} OR usd >= {DEAREST} THEN '{BAD_COST}'"
                + ("" if self.bucket else f" WHEN usd < 0 THEN '{NEGATIVE_COST}'")
                + " END"
            )
        passed = [name for name in kept if name not in found and name != "usd"]
        return [*passed, *(f"{sql} AS {name}" if sql != name else name for name, sql in found.items())]


def call_columns(has: Collection[str], model: str = "") -> tuple[str, ...]:
    """Which columns of a call the judged rows of these entries have."""
    found = [name for name in ("model", "task", "tier", "at_us", "id", "rank") if name in has]
    found += ["model"] if model and "model" not in has else []
    found += ["uncached_input", "output", *(["cache_read"] if "cache_read" in has else [])]
    found += ["cache_write_5m"] if not {"cache_write", "cache_write_5m"}.isdisjoint(has) else []
    found += ["cache_write_1h"] if "cache_write_1h" in has else []
    return (*found, *(["pico_usd"] if "usd" in has else []))


def clean(has: Collection[str]) -> str:
    """The condition for a judged row that is counted as it is: nothing is wrong with it, nothing was put right."""
    held = ["problem IS NULL", "contradicts IS NULL", *(f"NOT {name}" for name in REPAIRS)]
    held += ["worked_out IS NULL"] if "rest" in has else []
    held += ["odd_cost IS NULL"] if "usd" in has else []
    return " AND ".join([*(["plain"] if "plain" in has else []), *held])


def _name(way: tuple[bool | None, ...]) -> str:
    return "fits_" + "".join("yn"[not answer] for answer in way)


def _listed(columns: dict[str, str]) -> str:
    return ", ".join(sql if sql == name else f"{sql} AS {name}" for name, sql in columns.items())
