// Looks at 会审.html in Chromium. Says what it saw, or what is wrong and ends with 1.
//   views  PAGE EXPECTED          every view: no error, no request, no small letter; totals and ranks as in EXPECTED
//   advise PAGE FILE              writes an advice on the first two places and exports it to FILE
//   shown  PAGE WORDS             says whether 意见记录 has the words
const { chromium } = require("playwright-core");
const fs = require("fs"), path = require("path");
const [command, page, extra] = process.argv.slice(2);
const wrong = [];
const must = (ok, words) => { if (!ok) wrong.push(words); };

async function open(browser, file) {
  const tab = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  tab.setDefaultTimeout(120000); // of a busy machine
  tab.on("console", m => wrong.push("console: " + m.text()));
  tab.on("pageerror", e => wrong.push("error: " + e.message));
  tab.on("dialog", d => { wrong.push("dialog: " + d.message()); d.dismiss(); });
  tab.on("request", r => must(r.url().startsWith("file:") && r.isNavigationRequest() || r.url().startsWith("blob:file"), "request: " + r.url().slice(0, 80)));
  await tab.goto("file://" + path.resolve(file));
  return tab;
}

const go = async (tab, view) => { await tab.evaluate(v => { location.hash = v; }, view); await tab.waitForFunction(v => document.body.dataset.view === v, view); };

// small lists what has letters below 18 pt.
const small = () => [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() && !["SCRIPT", "STYLE", "OPTION"].includes(e.tagName) &&
  [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && parseFloat(getComputedStyle(e).fontSize) < 24).map(e => e.tagName + " " + e.textContent.slice(0, 20));

async function look(tab, view, complete) {
  const seen = await tab.evaluate("(" + small + ")()");
  must(seen.length === 0, view + ": small letters: " + seen.slice(0, 3));
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth);
  must(wide <= 1280, view + ": " + wide + " px wide");
  const text = await tab.innerText("body"), foot = await tab.innerText("footer");
  must(text.includes("内部资料"), view + ": 没有内部资料");
  must(foot.includes(await tab.evaluate(() => data.root.slice(0, 16))) && foot.includes(await tab.evaluate(() => data.short)), view + ": the foot says " + foot);
  const early = complete ? null : text.match(/线内|线外|两可|较稳|进入前|建议入选/);
  must(!early, view + ": " + early);
  return text.length;
}

async function views(browser) {
  const tab = await open(browser, page), sizes = [];
  const complete = await tab.evaluate(() => data.complete), list = await tab.evaluate(() => views.map(v => v[0]));
  must(list.includes("opinions") === complete && list.includes("trial") === complete, "views: " + list);
  for (const view of list) {
    await go(tab, view);
    sizes.push(view + " " + await look(tab, view, complete));
    const again = { line: "button.row", duel: ".bar-top button", trial: ".dial .fold", place: ".choice button", mix: "input[type=checkbox]" }[view];
    for (let i = 0; again && i < Math.min(await tab.locator(again).count(), 8); i++) await tab.locator(again).nth(i).click();
    await look(tab, view + ", unfolded", complete);
    await tab.emulateMedia({ media: "print" });
    await tab.emulateMedia({ media: "screen" });
  }
  const loose = await tab.evaluate(() => ({ hacked: window.hacked, scripts: document.scripts.length, images: document.images.length, links: [...document.links].map(a => a.getAttribute("href")).filter(h => !/^(#[a-z]+|%E9%80%80%E5%9B%9E\/.*\.xlsx)$/.test(h)) }));
  must(!loose.hacked && loose.scripts === 2 && loose.images === 0 && loose.links.length === 0, JSON.stringify(loose).slice(0, 300));
  for (const e of JSON.parse(fs.readFileSync(extra))) {
    const got = await tab.evaluate(w => totals(w), e.weights);
    must(got.length === Object.keys(e.totals).length, got.length + " ranked");
    for (const x of got) must(Math.abs(x.total - e.totals[x.id]) <= 1e-9 && x.rank === e.ranks[x.id], x.id + ": " + x.total + " " + x.rank + ", the engine says " + e.totals[x.id] + " " + e.ranks[x.id]);
    sizes.push(got.length + " totals");
  }
  if (complete) await slide(tab);
  if (complete) await fewer(tab);
  return sizes.join(", ");
}

// status is what the trial says of itself; it is said once the page is laid out.
async function status(tab) {
  await tab.waitForFunction(() => document.querySelector("[role=status]").textContent !== "");
  return tab.innerText("[role=status]");
}

// slide moves a weight by the keyboard, and goes back with one click.
async function slide(tab) {
  await tab.evaluate(() => { state.weights = official(); state.on = data.points.map(() => true); });
  await go(tab, "line");
  await go(tab, "trial");
  must((await status(tab)).includes("与正式结果一致"), "the official weights do not give the official totals");
  await tab.locator(".sliders input[type=range]").first().focus();
  for (let i = 0; i < 20; i++) await tab.keyboard.press("ArrowRight");
  must((await status(tab)).includes("权重已改动"), "the slider moves nothing");
  await tab.locator("text=还原正式权重").click();
  must((await status(tab)).includes("与正式结果一致"), "no way back");
}

// fewer moves the line: what is said of a place is then of that line.
async function fewer(tab) {
  await go(tab, "line");
  await tab.locator(".many input").focus();
  await tab.keyboard.press("ArrowLeft");
  const said = await tab.locator(".row .stand").allInnerTexts(), k = await tab.evaluate(() => state.k);
  must(said[k - 1].startsWith("线内·机会") && said[k].startsWith("线外·机会"), "with fewer: " + said);
}

async function advise(browser) {
  const tab = await open(browser, page);
  await go(tab, "opinions");
  const place = n => tab.locator(".advice > li").nth(n);
  await place(0).getByText("建议入选").click();
  await place(1).getByText("不入选").click();
  must(await tab.locator("#export").isDisabled(), "an advice against the rank needs no reason");
  await place(1).locator(".reason").fill("园区主导产业待核实 </script>");
  await place(1).locator(".reason").blur();
  await tab.reload();
  must((await place(1).locator(".reason").inputValue()).startsWith("园区"), "the advice is not kept");
  const [file] = await Promise.all([tab.waitForEvent("download"), tab.locator("#export").click()]);
  await file.saveAs(extra);
  const [minutes] = await Promise.all([tab.waitForEvent("download"), tab.getByText("导出纪要文字").click()]);
  const words = fs.readFileSync(await minutes.path(), "utf8");
  must(words.includes("不入选（1家）") && words.includes("理由：园区主导产业待核实"), "minutes: " + words);
  await tab.getByText("清除").click();
  await tab.getByText("再点一次就清除").click();
  must(await tab.evaluate(() => localStorage.getItem(key)) === "{}", "not cleared");
  return file.suggestedFilename();
}

async function shown(browser) {
  const tab = await open(browser, page);
  await go(tab, "opinions");
  must((await tab.innerText("main")).includes(extra), "no " + extra + " in " + await tab.innerText("main"));
  return extra;
}

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"], timeout: 120000 });
  const said = await { views, advise, shown }[command](browser);
  await browser.close();
  if (wrong.length) console.error([...new Set(wrong)].slice(0, 20).join("\n"));
  else console.log(said);
  process.exitCode = wrong.length ? 1 : 0;
})().catch(e => { console.error(e.stack); process.exit(1); });
