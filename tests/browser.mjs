// Opens pages in a real browser and prints, for each, what a person would meet there.
// The folder that holds node_modules and the browser are the arguments; stdin is a list of {path, shots}, where a shot
// is {file, selector, viewport, most}: a picture of the first element that the selector finds, at most so high, or of
// what the window shows.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, browserPath] = process.argv.slice(2);
const { chromium } = await import(pathToFileURL(`${folder}/node_modules/playwright-core/index.mjs`).href);
const axe = (() => {
  try {
    return readFileSync(`${folder}/node_modules/axe-core/axe.min.js`, "utf8");
  } catch {
    return "";
  }
})();
const WIDE = { width: 1280, height: 900 };
const MARGIN = 16; // around a picture of one element
const PHONE = { width: 360, height: 740 };

const texts = (page, selector) => page.$$eval(selector, (found) => found.map((each) => each.textContent.trim()));
const shown = (page, selector) => page.$$eval(selector, (found) => found.filter((each) => each.checkVisibility()).length);
const clicked = (page, selector) => page.$eval(selector, (each) => each.click());
const overflow = (page) => page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);

// What no page may do, gathered from the first byte on.
async function opened(context, path, said) {
  const page = await context.newPage();
  page.on("console", (message) => said.console.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.console.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    said.console.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on("request", (request) => said.requests.push(request.url()));
  page.on("download", (download) => said.requests.push(download.url()));
  await page.addInitScript(() => {
    globalThis.violations = [];
    addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(event.violatedDirective));
  });
  const start = performance.now();
  await page.goto(pathToFileURL(path).href);
  said.milliseconds ??= Math.round(performance.now() - start);
  return page;
}

async function looked(page) {
  return {
    title: await page.title(),
    headings: await page.$$eval("h1, h2, h3, h4", (found) => found.map((each) => [each.tagName, each.textContent.trim()])),
    headline: (await texts(page, ".headline"))[0],
    cards: await texts(page, ".cards li"),
    verdicts: await page.$$eval("#decision tbody tr", (found) =>
      found.map((row) => [row.cells[0].textContent.trim(), Number(row.cells[1].textContent)]),
    ),
    index: await page.$$eval("#index .filtered > table tbody tr", (found) =>
      found.map((row) => [...row.cells].map((cell) => cell.innerText.trim())),
    ),
    tags: await page.$$eval("*", (found) => {
      const counts = {};
      for (const each of found) counts[each.tagName] = (counts[each.tagName] ?? 0) + 1;
      return counts;
    }),
    attributes: await page.$$eval("*", (found) => [...new Set(found.flatMap((each) => each.getAttributeNames()))].sort()),
    links: await page.$$eval("a", (found) => found.map((each) => each.getAttribute("href"))),
    dangling: await page.$$eval('a[href^="#"]', (found) =>
      found.map((each) => each.getAttribute("href")).filter((href) => !document.getElementById(href.slice(1))),
    ),
    headers: await page.$$eval("th", (found) => found.filter((each) => !["row", "col", "rowgroup"].includes(each.scope)).length),
    captions: await page.$$eval("table", (found) => found.filter((each) => !each.caption?.textContent.trim()).length),
    drawings: await page.$$eval("svg", (found) =>
      found.map((each) => each.getAttribute("aria-labelledby").split(" ").map((id) => document.getElementById(id)?.textContent)),
    ),
    overflow: await overflow(page),
    violations: await page.evaluate(() => globalThis.violations),
    ran: await page.evaluate(() => globalThis.ran ?? ""), // what injected text would set, if it ran
  };
}

// `scope`: where to look. Computing styles of everything in a page of 500 workloads would undo what it leaves out.
async function filtered(page, scope) {
  const found = {};
  for (const only of ["no-go", "go-with-work", "go", "all"]) {
    await clicked(page, `#only-${only}`);
    found[only] = [await shown(page, "section.workload"), await shown(page, "#index .filtered > table tbody tr")];
  }
  for (const severity of ["error", "warning", "note"]) {
    await clicked(page, `#show-${severity}`);
    found[severity] = await page.$$eval(`${scope} .finding.${severity}`, (all) =>
      all.filter((each) => getComputedStyle(each).display !== "none").length,
    );
    await clicked(page, `#show-${severity}`);
  }
  return found;
}

// Words of header cells that are torn apart although a line would hold them.
function brokenWords(selector) {
  const broken = [];
  for (const cell of document.querySelectorAll(selector)) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      for (const word of texts.currentNode.data.matchAll(/(?<![^\s/-])[\p{L}\d]{2,20}(?![^\s/-])/gu)) {
        const range = document.createRange();
        range.setStart(texts.currentNode, word.index);
        range.setEnd(texts.currentNode, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map((each) => each.top)).size > 1) broken.push(word[0]);
      }
    }
  }
  return broken;
}

// A link to the last workload, from the table and from the drawing, after everything was folded.
async function followed(page) {
  const found = [];
  for (const selector of ["#index .filtered > table tbody tr:last-child a", "#topology svg a"]) {
    await page.$$eval("details[open]", (all) => all.forEach((each) => (each.open = false)));
    const link = await page.$(selector);
    if (!link) continue;
    const ident = (await link.getAttribute("href")).slice(1);
    await link.evaluate((each) => each.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true })));
    await page.waitForFunction((at) => document.getElementById(at).checkVisibility(), ident, { timeout: 5_000 }).catch(() => {});
    found.push(await page.evaluate((at) => document.getElementById(at).getBoundingClientRect().height > 0 && document.getElementById(at).closest("details").open, ident));
  }
  return found;
}

// At the width of a phone, folded and with every part opened.
async function unfolded(page, scope) {
  await page.setViewportSize(PHONE);
  const parts = (all) => all.filter((each) => each.lastElementChild.checkVisibility({ contentVisibilityAuto: false })).length;
  const found = { overflow: [await overflow(page)], shown: [await page.$$eval("section.workload:first-of-type details details", parts)] };
  await page.$$eval(`${scope} details:not([open]) > summary`, (all) => all.forEach((each) => each.click()));
  found.overflow.push(await overflow(page));
  found.shown.push(await page.$$eval("section.workload:first-of-type details details", parts));
  found.narrow = await page.$$eval(`#decision caption, #waves caption, #index > .filtered > table caption, ${scope} caption`, (all) =>
    all.filter((each) => each.checkVisibility() && each.getBoundingClientRect().width < 100).map((each) => each.textContent),
  );
  found.broken = await page.evaluate(brokenWords, `#decision th, #waves th, ${scope} th`);
  found.text = await page.evaluate(() => document.querySelector("header").textContent + document.querySelector("main").textContent);
  return found;
}

async function printed(page, scope) {
  await page.emulateMedia({ media: "print" });
  const found = { closed: await page.$$eval(`${scope} details`, (all) => all.filter((each) => !each.open && getComputedStyle(each, "::details-content").contentVisibility === "hidden").length) };
  found.hidden = await page.$$eval(`${scope} details > :not(summary)`, (all) => all.filter((each) => each.getBoundingClientRect().height === 0).length);
  found.navigation = await shown(page, ".sections, .filters");
  await page.emulateMedia({ media: "screen" });
  return found;
}

async function tabbed(page) {
  await page.setViewportSize(WIDE);
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  return { first, inside: await page.evaluate(() => document.querySelector("main").contains(document.activeElement)) };
}

async function audited(page, skip) {
  if (!axe || skip) return null;
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((each) => `${each.id}: ${each.nodes[0].html.slice(0, 200)} (${each.nodes.length})`);
}

// A page without workloads: no filters, nothing to unfold.
async function glanced(browser, job) {
  const said = { console: [], requests: [] };
  const context = await browser.newContext({ viewport: WIDE, colorScheme: "light" });
  const page = await opened(context, job.path, said);
  const found = { ...(await looked(page)), keyboard: await tabbed(page), light: await audited(page, false) };
  await page.setViewportSize(PHONE);
  found.phone = { overflow: [await overflow(page)], broken: await page.evaluate(brokenWords, "th") };
  found.phone.narrow = await page.$$eval("caption", (all) => all.filter((each) => each.getBoundingClientRect().width < 100).length);
  await page.emulateMedia({ colorScheme: "dark" });
  found.dark = await audited(page, false);
  await context.close();
  return { ...said, ...found };
}

async function look(browser, job) {
  const said = { console: [], requests: [] };
  const scope = job.large ? "section.workload:first-of-type" : ".filtered";
  const context = await browser.newContext({ viewport: WIDE, colorScheme: "light" });
  const page = await opened(context, job.path, said);
  const found = { ...(await looked(page)), keyboard: await tabbed(page), filters: await filtered(page, scope) };
  found.followed = await followed(page);
  found.print = await printed(page, scope);
  found.light = await audited(page, !job.audit);
  await page.evaluate(() => scrollTo(0, 0));
  found.phone = await unfolded(page, scope);
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: "dark" });
  found.background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  found.dark = await audited(page, !job.audit);
  await context.close();
  return { ...said, ...found };
}

// A page whose foreign text bears `job.mark`: what of it became anything but text. No policy helps: it is switched off.
async function attacked(browser, job) {
  const said = { console: [], requests: [] };
  const context = await browser.newContext({ viewport: WIDE, bypassCSP: true });
  const page = await opened(context, job.path, said);
  const found = await page.evaluate((mark) => {
    for (const each of document.querySelectorAll("details")) each.open = true;
    const nodes = document.createTreeWalker(document, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_COMMENT);
    const marked = { text: [], comment: [], attribute: [] };
    while (nodes.nextNode()) {
      const { data, nodeType, parentElement } = nodes.currentNode;
      if (data.includes(mark)) marked[nodeType === Node.TEXT_NODE ? "text" : "comment"].push([parentElement?.localName, data]);
    }
    const names = new Set();
    for (const each of document.querySelectorAll("*")) {
      names.add(each.localName);
      for (const { name, value } of each.attributes) {
        names.add(`${each.localName} ${name}`);
        if (value.includes(mark)) marked.attribute.push([name, value]);
      }
    }
    return { ...marked, names: [...names].sort(), links: [...document.querySelectorAll("[href], [src]")].map((each) => each.getAttribute("href") ?? each.getAttribute("src")) };
  }, job.mark);
  found.ran = await page.evaluate(() => globalThis.ran ?? "");
  await context.close();
  return { ...said, ...found };
}

async function shoot(browser, job) {
  for (const shot of job.shots ?? []) {
    const context = await browser.newContext({ viewport: shot.viewport ?? WIDE, colorScheme: shot.dark ? "dark" : "light" });
    const page = await opened(context, job.path, { console: [], requests: [] });
    for (const selector of shot.open ?? []) await page.$$eval(selector, (all) => all.forEach((each) => (each.open = true)));
    const clip = shot.selector && (await page.$eval(shot.selector, (each, [margin, most]) => {
      const { x, y, width, height } = each.getBoundingClientRect();
      return { x: x + scrollX - margin, y: y + scrollY - margin, width: width + 2 * margin, height: Math.min(height + 2 * margin, most) };
    }, [MARGIN, shot.most ?? 1e6]));
    await page.screenshot({ path: shot.file, scale: "css", timeout: 240_000, ...(clip ? { clip, fullPage: true } : {}) });
    await context.close();
  }
}

const browser = await chromium.launch({
  executablePath: browserPath,
  args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb", "--font-render-hinting=none"],
});
try {
  const said = [];
  for (const job of JSON.parse(readFileSync(0, "utf8"))) {
    if (job.shots) await shoot(browser, job);
    else said.push(await (job.mark ? attacked : job.glance ? glanced : look)(browser, job));
  }
  process.stdout.write(JSON.stringify(said));
} finally {
  await browser.close();
}
