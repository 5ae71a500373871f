"""`usage` as a page."""

from __future__ import annotations

from llmcost.render import figures
from llmcost.render.page import Cell, Column, Page, Table, count, share, text, usd
from llmcost.render.pages.against import against_tables
from llmcost.usage.coverage import Slots
from llmcost.usage.profile import Sizes
from llmcost.usage.reading import FileRead
from llmcost.usage.summary import Usage

_MODELS = [
    Column("model", "Model", number=False),
    Column("priced_as", "Priced as", number=False, leaves=7),
    Column("calls", "Calls"),
    Column("uncached_input_tokens", "Uncached", leaves=4),
    Column("cache_read_tokens", "Cache read", leaves=3),
    Column("cache_write_5m_tokens", "Written 5m", leaves=5),
    Column("cache_write_1h_tokens", "Written 1h", leaves=6),
    Column("output_tokens", "Output", leaves=2),
    Column("cache_share", "Cached"),
    Column("cost", "Today"),
    Column("recorded_cost", "Recorded", leaves=1),
]
_TASKS = [
    Column("task", "Task", number=False),
    Column("calls", "Calls"),
    Column("share", "Share"),
    Column("input_per_call", "Input a call", leaves=4),
    Column("output_per_call", "Output a call", leaves=3),
    Column("cache_share", "Cached"),
    Column("cost", "Today"),
    Column("recorded_cost", "Recorded", leaves=1),
]
_SIZES = [
    Column("what", "Tokens a call", number=False),
    Column("p50", "p50"),
    Column("p95", "p95"),
    Column("p99", "p99"),
    Column("largest", "Largest"),
]
_FILES = [
    Column("path", "File", number=False),
    Column("format", "Format", number=False),
    Column("lines", "Lines"),
    Column("accepted", "Accepted"),
    Column("convention", "Convention", number=False, leaves=1),
]
_MOST_FILES = 20
_STEPS = {60: "minute", 3600: "hour", 86_400: "day"}


def page(found: Usage) -> Page:
    """Models, tasks, sizes, the profile, and what was read."""
    tables = measured(found)
    if found.against is not None:
        tables += against_tables(found.against)
    tables.append(_files(found))
    return Page(headline(found), tables, profile(found))


def measured(found: Usage) -> list[Table]:
    """What the traffic is: by model, by task where there are any, and how large the calls are."""
    tables = [_models(found)]
    if any(task.task for task in found.tasks):
        tables.append(_tasks(found))
    return [*tables, _sizes(found)]


def headline(found: Usage) -> str:
    """Calls, tokens, the period, and what they cost."""
    calls = figures.number_of("call", found.known_calls)
    if found.calls is None:
        calls = f"{calls} and an unknown number" if found.known_calls else "an unknown number of calls"
    say = f"{calls}, {found.input_tokens:,} tokens in, {found.output_tokens:,} out"
    if found.period.first:
        say += f", {found.period.first} to {found.period.last}"
    cost = f"{figures.usd(found.cost)} at today's prices"
    if found.cost is None:
        cost = "no price is known" if found.unpriced else "nothing to price"
    elif found.unpriced:
        lost = sum(each.input_tokens + each.output_tokens for each in found.unpriced)
        cost += f" without {lost:,} tokens that have no price" if lost else " without calls that have no price"
    recorded = "nothing recorded" if found.recorded_cost is None else f"{figures.usd(found.recorded_cost)} recorded"
    if _partly_recorded(found):
        recorded += f" for {found.recorded_calls:,} of {figures.number_of('call', found.known_calls)}"
    return f"{say}: {cost}, {recorded}."


def _partly_recorded(found: Usage) -> bool:
    """Whether some calls carry a cost and others none; a cost report is of them all."""
    return 0 < found.recorded_calls < found.known_calls and not found.recorded_rows


def _models(found: Usage) -> Table:
    rows = [
        [
            text(each.model or "(no model)"),
            text(each.priced_as or figures.UNKNOWN),
            count(each.calls),
            count(each.uncached_input_tokens),
            count(each.cache_read_tokens),
            count(each.cache_write_5m_tokens),
            count(each.cache_write_1h_tokens),
            count(each.output_tokens),
            share(each.cache_share),
            usd(each.cost),
            usd(each.recorded_cost),
        ]
        for each in found.models
    ]
    notes = [
        f"{each.model or '(no model)'}{f' ({each.tier})' if each.tier != 'standard' else ''} has no price: {each.reason}; "
        f"{_calls(each.calls)}, {each.input_tokens:,} in, {each.output_tokens:,} out are not in the cost"
        for each in found.unpriced
    ]
    if _partly_recorded(found):
        notes.append(f"A recorded cost stands on {found.recorded_calls:,} of {found.known_calls:,} calls.")
    if found.recorded_rows:
        notes.append(f"A recorded cost stands on {figures.number_of('row', found.recorded_rows)} of a cost report.")
    unknown = [each.model or "(no model)" for each in found.models if each.calls is None]
    if unknown:
        notes.append(f"The log does not say how many calls these are: {', '.join(unknown)}.")
    return Table("By model", _MODELS, rows, notes)


def _calls(calls: int | None) -> str:
    return "an unknown number of calls" if calls is None else figures.number_of("call", calls)


def _tasks(found: Usage) -> Table:
    rows = [
        [
            text(each.task or "(none)"),
            count(each.calls),
            share(each.share),
            Cell(each.input_per_call, figures.count(_whole(each.input_per_call))),
            Cell(each.output_per_call, figures.count(_whole(each.output_per_call))),
            share(each.cache_share),
            usd(each.cost),
            usd(each.recorded_cost),
        ]
        for each in found.tasks
    ]
    return Table("By task", _TASKS, rows)


def _whole(value: float | None) -> float | None:
    return None if value is None else round(value)


def _sizes(found: Usage) -> Table:
    rows = [_size_row("prompt", found.sizes.prompt), _size_row("output", found.sizes.output)]
    notes = []
    for sizes in (found.sizes.prompt, found.sizes.output):
        if sizes is not None and not sizes.exact:
            notes = [
                "From size buckets of a sixteenth of an octave and their means: within 6.3 % of the exact percentile, mostly far closer."
            ]
    if found.sizes.prompt is None:
        notes.append("The log is aggregated: it does not tell how large a call is.")
    elif found.sizes.calls_without_size:
        notes.append(f"Without a size, since aggregated, and not in these: {_calls(found.sizes.calls_without_size)}.")
    over = [
        f"{each.calls:,} ({each.share:.2%}) above {each.above_tokens:,}" for each in found.sizes.above if each.calls
    ]
    if found.sizes.prompt is not None:
        notes.append(f"Long-context thresholds: {'; '.join(over) if over else 'no call above any'}.")
    return Table("Sizes", _SIZES, rows, notes)


def _size_row(what: str, sizes: Sizes | None) -> list[Cell]:
    if sizes is None:
        return [text(what), *[Cell(None, figures.UNKNOWN)] * 4]
    return [text(what), *(count(value) for value in sizes[:4])]


def _files(found: Usage) -> Table:
    rows = []
    for each in found.files[:_MOST_FILES]:
        lines = each.lines.accepted + sum(each.lines.rejected.values()) + sum(each.lines.duplicate.values())
        rows.append(
            [
                text(each.path),
                text(each.format or "not read"),
                count(lines),
                count(each.lines.accepted),
                text(each.convention or each.note),
            ]
        )
    more = len(found.files) - len(rows)
    notes = [f"and {more:,} more files"] if more else []
    notes += [_slots(each, each.slots) for each in found.files[:_MOST_FILES] if each.slots is not None]
    rejected, duplicate = sum(found.lines.rejected.values()), sum(found.lines.duplicate.values())
    repaired = sum(found.lines.repaired.values())
    notes.append(
        f"{found.lines.accepted + rejected + duplicate:,} lines: {found.lines.accepted:,} accepted, {rejected:,} rejected, "
        f"{duplicate:,} duplicate; {repaired:,} of the accepted repaired."
    )
    notes += [f"rejected {lines:,}: {reason}" for reason, lines in found.lines.rejected.items()]
    notes += [f"duplicate {lines:,}: {reason}" for reason, lines in found.lines.duplicate.items()]
    notes += [f"repaired {lines:,}: {reason}" for reason, lines in found.lines.repaired.items()]
    return Table("Read", _FILES, rows, notes)


def _slots(file: FileRead, slots: Slots) -> str:
    """What an aggregated export sums up by, or single calls are told by, and what time it covers."""
    if slots.period.first is None:
        return f"{file.path}: sums of calls, without times."
    by = "slots" if slots.seconds is None else f"{_step(slots.seconds)}s"
    return f"{file.path}: {'calls' if file.grain == 'call' else 'sums'} by {by}, {slots.period.words}."


def _step(seconds: int) -> str:
    return _STEPS.get(seconds, f"{seconds:,}-second slot")


def profile(found: Usage) -> list[str]:
    """The peak, the calls without a time and the growth, each in a sentence."""
    hours = found.hours
    notes = []
    if hours.peak_at is not None:
        step = _step(hours.step_seconds or 0)
        notes.append(
            f"Peak {step} {hours.peak_at}: {_calls(hours.peak_calls)}, {figures.count(hours.peak_to_average_elapsed)} × the mean "
            f"of {hours.elapsed:,} elapsed and {figures.count(hours.peak_to_average_non_empty)} × that of {hours.non_empty:,} "
            f"non-empty ones."
        )
    elif found.period.first:
        notes.append("Peak: not told by the log.")
    if hours.calls_without_time:
        notes.append(f"Without a time, and in no profile: {_calls(hours.calls_without_time)}.")
    if any(each.slots for each in found.files) and any(each.grain == "call" and not each.slots for each in found.files):
        left_out = _calls(hours.exported_calls_left_out)
        notes.append(f"The profile is of the calls with a time of day alone; {left_out} beside them are told by slots.")
    if found.period.gap_hours:
        notes.append(
            f"The logs cover {found.period.hours:,.6g} hours of their period; {found.period.gap_hours:,.6g} lie between files."
        )
    if found.growth_per_month is None:
        notes.append("Growth: not told, four whole weeks are needed.")
    else:
        notes.append(f"Growth: {found.growth_per_month:+z.1%} a month, the last whole weeks over the first.")
    return notes
