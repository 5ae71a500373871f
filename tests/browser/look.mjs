// Opens a page in Chromium with the network off, does what it is told, and prints what it saw as JSON.
//
// stdin: {"browser": PATH, "page": URL, "axe": PATH, "steps": [{"do": NAME, ...}, ...]}
// stdout: {"seen": [what each step saw], "messages": [...], "requests": [...], "dialogs": [...]}
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const plan = JSON.parse(readFileSync(0, "utf-8"));
const saw = { seen: [], messages: [], requests: [], dialogs: [] };
const browser = await chromium.launch({
  executablePath: plan.browser,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND",
  ],
});
let page;

async function state() {
  return page.evaluate(() => ({
    figures: [...document.querySelectorAll("#live data")].map((cell) => ({
      row: Number(cell.dataset.row), field: cell.dataset.field, value: cell.value, text: cell.textContent,
    })),
    marks: [...document.querySelectorAll("[id^=mark-]")].map((cell) => cell.textContent),
    values: [...document.querySelectorAll("[data-lever]")].map((slider) => ({
      key: slider.dataset.key, at: Number(slider.value), said: slider.getAttribute("aria-valuetext"),
      shown: document.getElementById(`${slider.id}-value`).textContent,
    })),
    verdict: document.getElementById("verdict").textContent,
    where: document.getElementById("where").textContent,
    lines: [...document.querySelectorAll("#live-months polyline")].map((line) => line.getAttribute("points")),
    bars: document.querySelectorAll("#live-totals rect").length,
    numbers: [...document.querySelectorAll("#live-numbers tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent)),
    told: ["live-months", "live-totals"].map((id) => document.getElementById(id).getAttribute("aria-label")),
    marker: document.getElementById("volume-moved")?.getAttribute("visibility") ?? null,
  }));
}

const slider = (key) => page.locator(`[data-key=${key}]`);

const DOES = {
  async open({ width, scheme = "light", media = "screen" }) {
    const context = await browser.newContext({
      viewport: { width, height: 900 }, colorScheme: scheme, offline: true, reducedMotion: "reduce",
    });
    page = await context.newPage();
    page.on("console", (message) => saw.messages.push(message.text()));
    page.on("pageerror", (error) => saw.messages.push(error.message));
    page.on("request", (request) => saw.requests.push(request.url()));
    page.on("dialog", (dialog) => { saw.dialogs.push(dialog.message()); dialog.dismiss(); });
    await page.emulateMedia({ media, colorScheme: scheme });
    await page.goto(plan.page);
    return page.evaluate(() => ({
      wide: document.documentElement.scrollWidth, room: innerWidth,
      scripts: document.scripts.length, background: getComputedStyle(document.body).backgroundColor,
    }));
  },
  // Every <details> open, so that what it hides is checked too.
  async unfold() {
    await page.evaluate(() => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
    return page.evaluate(() => ({ wide: document.documentElement.scrollWidth, room: innerWidth }));
  },
  async state() { return state(); },
  async move({ key, at }) {
    await slider(key).fill(String(at));
    return state();
  },
  async press({ key, keys }) {
    await slider(key).focus();
    for (const each of keys) await page.keyboard.press(each);
    return state();
  },
  async click({ selector }) {
    await page.locator(selector).click();
    return state();
  },
  // Where Tab goes, until it comes back or so many times.
  async tab({ times }) {
    const places = [];
    for (let i = 0; i < times; i++) {
      await page.keyboard.press("Tab");
      places.push(await page.evaluate(() => {
        const at = document.activeElement;
        return { name: at.tagName, key: at.dataset.key ?? null, outline: getComputedStyle(at).outlineStyle };
      }));
    }
    return places;
  },
  async text({ selector }) { return page.locator(selector).allTextContents(); },
  async axe() {
    await page.evaluate(readFileSync(plan.axe, "utf-8"));
    const found = await page.evaluate(() => globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }));
    return {
      passes: found.passes.map((each) => each.id),
      violations: found.violations.map((each) => ({
        id: each.id, nodes: each.nodes.slice(0, 5).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 200)}`),
      })),
      unsure: found.incomplete.map((each) => each.id),
    };
  },
  async pdf({ path }) {
    await page.pdf({ path, preferCSSPageSize: true, printBackground: true });
    return (readFileSync(path, "latin1").match(/\/Type\s*\/Page[^s]/g) ?? []).length;
  },
  async picture({ path }) {
    await page.screenshot({ path, fullPage: true });
    return null;
  },
};

for (const { do: name, ...given } of plan.steps) saw.seen.push(await DOES[name](given));
await browser.close();
process.stdout.write(JSON.stringify(saw));
