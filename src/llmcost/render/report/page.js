"use strict";
// The sliders step through points that llmcost worked out when this page was made. Nothing is calculated here:
// a series is unpacked, a figure is looked up, shown and drawn.
(() => {
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const HUES = 8;
  const data = JSON.parse(document.getElementById("points").textContent);
  const sliders = [...document.querySelectorAll("[data-lever]")];
  const at = data.levers.map((lever) => lever.today);
  const code = new Map([...ALPHABET].map((letter, value) => [letter, value]));

  // ---- unpacking ----------------------------------------------------------------------------------

  function unpacked(series, points, position) {
    if (!Array.isArray(series)) return series;
    if (series.length === 2) {
      const way = (points[position] - points[0]) / (points[points.length - 1] - points[0]);
      return series[0] + (series[1] - series[0]) * way;
    }
    const [low, high, codes] = series, wide = codes.length / points.length;
    let whole = 0;
    for (let i = 0; i < wide; i++) whole = whole * 64 + code.get(codes[position * wide + i]);
    return low + (high - low) * (whole / (64 ** wide - 1));
  }

  // A point of the page: which series hold its figures. `grid` where both of its levers are off the scenario.
  function point() {
    const moved = at.flatMap((position, i) => (position === data.levers[i].today ? [] : [i]));
    const grid = data.grid;
    if (grid && moved.length === 2) {
      const row = grid.rows.indexOf(at[grid.first]), column = grid.columns.indexOf(at[grid.second]);
      const along = grid.columns.map((index) => data.levers[grid.second].points[index]);
      return {
        ...grid,
        read: (square, line) => (square === null
          ? unpacked(line, data.levers[grid.first].points, at[grid.first])
          : unpacked(square[row], along, column)),
        figure: (field, i) => [grid.figures[field][i], data.levers[grid.first].figures[field][i]],
        month: (i, m) => [grid.cumulative[i][m], data.levers[grid.first].cumulative[i][m]],
        flag: (flags) => flags[row * grid.columns.length + column],
      };
    }
    const lever = data.levers[moved.length ? moved[0] : 0], position = at[moved.length ? moved[0] : 0];
    return {
      read: (_, line) => unpacked(line, lever.points, position),
      figure: (field, i) => [null, lever.figures[field][i]],
      month: (i, m) => [null, lever.cumulative[i][m]],
      flag: (flags) => flags[position],
      fails: lever.fails,
      cheapest: lever.cheapest,
    };
  }

  const reader = (found) => ({
    figure: (field, i) => found.read(...found.figure(field, i)),
    // The last month is the total: it is not carried twice.
    month: (i, m) => found.read(...(m === data.months.length - 1 ? found.figure("total_cost", i) : found.month(i, m))),
    fails: (i) => (found.fails[i].length === 1 ? found.fails[i] : found.flag(found.fails[i])) === "1",
    cheapest: found.flag(found.cheapest),
  });

  // ---- showing: as the rest of the page does --------------------------------------------------------

  const UNKNOWN = "–";
  const grouped = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");

  function usd(value) {
    if (value === null) return UNKNOWN;
    let size = Math.abs(value);
    if (size < 5e-13) size = 0;
    const sign = value < 0 && size > 0 ? "-" : "";
    if (size >= 99.995) return `${sign}$${grouped(size.toFixed(0))}`;
    if (size >= 0.9995 || size === 0) return `${sign}$${size.toFixed(2)}`;
    const decimals = Math.max(2 - Math.floor(Math.log10(Number(size.toPrecision(3)))), 0);
    const text = size.toFixed(decimals).replace(/0+$/, "");
    return text.length >= 4 ? `${sign}$${text}` : `${sign}$${size.toFixed(2)}`;
  }

  const share = (value) => (value === null ? UNKNOWN : `${(Math.round(value * 1000) / 10 + 0).toFixed(1)}%`);
  const month = (value) => (value === 0 || value === null ? "never" : `month ${Math.round(value)}`);
  const FORMS = { usd, share, month };

  function shortUsd(value) {
    for (const [unit, suffix] of [[1e9, "B"], [1e6, "M"], [1e3, "k"]]) {
      if (Math.abs(value) >= unit) return `$${Number((value / unit).toPrecision(4))}${suffix}`;
    }
    return `$${Number(value.toPrecision(4))}`;
  }

  function put(id, text) { document.getElementById(id).textContent = text; }

  // ---- drawing ------------------------------------------------------------------------------------

  const NAMESPACE = "http://www.w3.org/2000/svg";

  function shape(name, attributes, text) {
    const made = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function ticks(high, most) {
    const rough = high / most, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((each) => each >= rough * (1 - 1e-9));
    return Array.from({ length: Math.floor(high / step + 1e-9) + 1 }, (_, k) => k * step);
  }

  // A letter and as much of a name as there is room for; `kind` says whether a phone has none for it.
  function named(x, y, i, most, kind) {
    const label = shape("text", { x, y });
    label.append(shape("tspan", { class: "letter" }, data.letters[i]));
    const name = [...data.names[i]];
    const cut = name.length > most ? `${name.slice(0, most - 1).join("")}…` : name.join("");
    label.append(shape("tspan", { class: kind, dx: 4 }, cut));
    return label;
  }

  function apart(wanted, gap, low, high) {
    const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
    const placed = [...wanted];
    let least = low, most = high;
    for (const i of order) { placed[i] = Math.max(placed[i], least); least = placed[i] + gap; }
    for (const i of order.reverse()) { placed[i] = Math.min(placed[i], most); most = placed[i] - gap; }
    return placed;
  }

  function drawMonths(found) {
    const [left, right, top, bottom] = [62, 396, 12, 268];
    const lines = data.names.map((_, i) => [
      [0, found.figure("one_time_cost", i)],
      ...data.months.map((number, m) => [number, found.month(i, m)]),
    ].filter(([, value]) => value !== null));
    const high = Math.max(1e-9, ...lines.flat().map(([, value]) => value));
    const x = (number) => left + ((right - left) * number) / data.horizon;
    const y = (value) => bottom - ((bottom - top) * value) / high;
    const parts = [];
    for (const value of ticks(high, 5)) {
      parts.push(shape("line", { x1: left, x2: right, y1: y(value), y2: y(value), class: "grid" }));
      parts.push(shape("text", { x: left - 6, y: y(value) + 4, class: "tick", "text-anchor": "end" }, shortUsd(value)));
    }
    for (const number of ticks(data.horizon, 8).filter(Number.isInteger)) {
      parts.push(shape("line", { x1: x(number), x2: x(number), y1: bottom, y2: bottom + 4, class: "grid" }));
      parts.push(shape("text", { x: x(number), y: bottom + 18, class: "tick", "text-anchor": "middle" }, number));
    }
    parts.push(shape("text", { x: (left + right) / 2, y: 298, class: "tick", "text-anchor": "middle" }, "month"));
    const some = lines.map((line, i) => [i, line]).filter(([, line]) => line.length > 1);
    const drawn = some.filter(([, line]) => line[line.length - 1][0] === data.horizon);
    const places = apart(drawn.map(([, line]) => y(line[line.length - 1][1])), 15, top + 6, bottom);
    some.forEach(([i, line]) => {
      const points = line.map(([number, value]) => `${x(number).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
      parts.push(shape("polyline", { points, class: `line s${i % HUES}` }));
      const last = line[line.length - 1], n = drawn.findIndex(([other]) => other === i);
      if (n < 0) {
        parts.push(shape("text", { x: x(last[0]) + 5, y: y(last[1]) + 4, class: "letter" }, data.letters[i]));
        return;
      }
      parts.push(shape("line", { x1: x(last[0]) + 2, y1: y(last[1]), x2: right + 10, y2: places[n], class: `lead s${i % HUES}` }));
      parts.push(named(right + 13, places[n] + 4, i, 15, "name"));
    });
    document.getElementById("live-months").replaceChildren(...parts);
  }

  // The chart's numbers, while they are open.
  function fillNumbers(found) {
    const rows = document.querySelectorAll("#live-numbers tbody tr");
    [0, ...data.months].forEach((_, m) => {
      rows[m].querySelectorAll("td").forEach((cell, i) => {
        cell.textContent = usd(m === 0 ? found.figure("one_time_cost", i) : found.month(i, m - 1));
      });
    });
  }

  function drawTotals(found) {
    const [left, right, row] = [6, 510, 36];
    const totals = data.names.map((_, i) => [i, found.figure("total_cost", i)]).filter(([, total]) => total !== null);
    const high = Math.max(1e-9, ...totals.map(([, total]) => total));
    const x = (value) => left + ((right - left) * value) / high;
    const bottom = 4 + totals.length * row, parts = [];
    for (const value of ticks(high, 5)) {
      parts.push(shape("line", { x1: x(value), x2: x(value), y1: 4, y2: bottom + 4, class: "grid" }));
      parts.push(shape("text", { x: x(value), y: bottom + 18, class: "tick", "text-anchor": "middle" }, shortUsd(value)));
    }
    totals.forEach(([i, total], n) => {
      const y = 4 + n * row, once = Math.min(found.figure("one_time_cost", i) ?? 0, total);
      const size = (value) => ({ x: left, y: y + 18, height: 11, width: Math.max(x(value) - left, 1) });
      parts.push(named(left, y + 13, i, 24, "row"));
      const mark = i === found.cheapest ? `cheapest, ${usd(total)}` : usd(total);
      parts.push(shape("text", { x: 514, y: y + 13, "text-anchor": "end", class: i === found.cheapest ? "strong" : "value" }, mark));
      parts.push(shape("rect", { ...size(total), class: `fill s${i % HUES}` }));
      if (once > 0) parts.push(shape("rect", { ...size(once), class: `fill once s${i % HUES}` }));
    });
    const chart = document.getElementById("live-totals");
    chart.setAttribute("viewBox", `0 0 520 ${bottom + 24}`);
    chart.replaceChildren(...parts);
  }

  function markVolume() {
    const marker = document.getElementById("volume-moved");
    const i = data.levers.findIndex((lever) => lever.key === "volume");
    if (!marker || i < 0 || !data.byRequest) return;
    const { low, high, left, right } = marker.dataset;
    const part = Math.log(data.levers[i].points[at[i]] / low) / Math.log(high / low);
    marker.setAttribute("transform", `translate(${(Number(left) + (right - left) * part).toFixed(1)} 0)`);
    marker.setAttribute("visibility", at[i] === data.levers[i].today ? "hidden" : "visible");
  }

  // ---- what is said -------------------------------------------------------------------------------

  function verdict(found) {
    const best = found.cheapest;
    if (best < 0) return "No architecture meets every requirement at this point.";
    const total = usd(found.figure("total_cost", best));
    let said = `${data.names[best]} is the cheapest that meets every requirement: ${total} over ${data.horizon} months`;
    if (best === data.baseline) return `${said}, and it is the baseline.`;
    const saving = found.figure("saving", best), part = found.figure("saving_share", best);
    const size = part === null ? "" : ` (${share(Math.abs(part))})`;
    said += `, ${usd(Math.abs(saving))}${size} ${saving >= 0 ? "less" : "more"} than ${data.names[data.baseline]}`;
    const paid = month(found.figure("payback_month", best));
    return `${said}; it ${paid === "never" ? "never pays back" : `pays back in ${paid}`}.`;
  }

  function where() {
    const moved = data.levers.filter((lever, i) => at[i] !== lever.today);
    if (!moved.length) return "At the scenario's own values.";
    return `${moved.map((lever) => `${label(lever)} ${lever.shown[at[data.levers.indexOf(lever)]]}, not ${lever.shown[lever.today]}`).join("; ")}.`;
  }

  const label = (lever) => document.querySelector(`label[for="lever-${data.levers.indexOf(lever)}"]`).textContent;

  function show() {
    const found = reader(point());
    for (const cell of document.querySelectorAll("#live data")) {
      const { row, field, form } = cell.dataset;
      const value = found.figure(field, Number(row));
      const never = field === "payback_month" && !value;
      cell.value = value === null || never ? "" : String(field === "payback_month" ? Math.round(value) : value);
      cell.textContent = field === "payback_month" && value === null ? UNKNOWN : FORMS[form](value);
    }
    data.names.forEach((_, i) => put(`mark-${i}`, found.fails(i) ? "not met" : i === found.cheapest ? "met, cheapest" : "met"));
    sliders.forEach((slider, i) => {
      const text = data.levers[i].shown[at[i]];
      slider.value = at[i];
      slider.setAttribute("aria-valuetext", text);
      put(`lever-${i}-value`, text);
    });
    put("verdict", verdict(found));
    put("where", where());
    drawMonths(found);
    drawTotals(found);
    fillNumbers(found);
    markVolume();
  }

  // ---- moving -------------------------------------------------------------------------------------

  // One input at a time; the two of the grid go together, on the points that the grid has.
  function move(i, position) {
    const grid = data.grid, pair = grid ? [grid.first, grid.second] : [];
    at.forEach((_, other) => {
      if (other !== i && !(pair.includes(i) && pair.includes(other))) at[other] = data.levers[other].today;
    });
    at[i] = position;
    const other = pair.find((each) => each !== i);
    if (pair.includes(i) && at[other] !== data.levers[other].today && position !== data.levers[i].today) {
      const places = { [grid.first]: grid.rows, [grid.second]: grid.columns };
      for (const each of pair) at[each] = nearest(places[each], at[each], each === i ? Number(sliders[i].dataset.last) : at[each]);
    }
    if (grid) sliders[i].dataset.last = at[i];
    show();
  }

  // The grid's point next to this one, away from where the slider came from, so that a single step of a key moves it.
  function nearest(places, position, before) {
    if (places.includes(position)) return position;
    const next = position + (position >= before ? 1 : -1);
    return places.includes(next) ? next : position - (next - position);
  }

  sliders.forEach((slider, i) => {
    slider.dataset.last = at[i];
    slider.addEventListener("input", () => move(i, Number(slider.value)));
  });
  document.getElementById("reset").addEventListener("click", () => {
    data.levers.forEach((lever, i) => { at[i] = lever.today; sliders[i].dataset.last = lever.today; });
    show();
  });
  show();
})();
