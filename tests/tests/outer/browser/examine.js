// What must be true of every page. Gives a list of faults, each a sentence.
const faults = [];
const name = (el) => el.tagName.toLowerCase() + (el.id ? `#${el.id}` : "") + (el.className && el.className.baseVal === undefined ? `.${String(el.className).trim().replaceAll(" ", ".")}` : "");
const shown = (el) => el.checkVisibility() && !el.closest(".visually-hidden") && el.getClientRects().length > 0;
const wide = document.documentElement.clientWidth;

// It fits.
if (document.documentElement.scrollWidth > wide) {
  faults.push(`the page is ${document.documentElement.scrollWidth} px wide on a screen of ${wide} px`);
  for (const el of document.querySelectorAll("main *")) {
    if (shown(el) && el.getBoundingClientRect().right > wide + 1) { faults.push(`${name(el)} sticks out`); break; }
  }
}

// It has a title, one heading, one main part, a language.
if (!document.title.trim()) faults.push("it has no title");
if (!document.documentElement.lang) faults.push("it names no language");
for (const tag of ["h1", "main"]) {
  const count = document.querySelectorAll(tag).length;
  if (count !== 1) faults.push(`it has ${count} ${tag}`);
}
const ids = [...document.querySelectorAll("[id]")].map((el) => el.id);
for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`two elements are called ${id}`);

// Fields, pictures, links and buttons have names; what they refer to exists.
for (const el of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
  if (shown(el) && !el.labels?.length && !el.ariaLabel && !el.hasAttribute("aria-labelledby")) faults.push(`${name(el)} has no label`);
  if (el.getAttribute("aria-invalid") === "true" && !el.closest("[aria-describedby]")) faults.push(`${name(el)} is wrong and does not say why`);
}
for (const el of document.querySelectorAll("[aria-describedby], [aria-labelledby]")) {
  for (const id of `${el.getAttribute("aria-describedby") ?? ""} ${el.getAttribute("aria-labelledby") ?? ""}`.trim().split(/\s+/)) {
    if (!document.getElementById(id)) faults.push(`${name(el)} refers to ${id}, which is not there`);
  }
}
for (const el of document.images) {
  if (!el.hasAttribute("alt")) faults.push(`${name(el)} has no text in its place`);
  if (el.complete && el.naturalWidth === 0) faults.push(`${name(el)} shows nothing`);
}
for (const el of document.querySelectorAll("a[href], button")) {
  if (shown(el) && !(el.innerText.trim() || el.ariaLabel || el.querySelector("img")?.alt)) faults.push(`${name(el)} has no name`);
}

// Buttons and fields are large enough for a finger.
for (const el of document.querySelectorAll("button, .button, input:not([type=hidden]):not([type=radio]):not([type=checkbox]), select")) {
  if (shown(el) && el.getBoundingClientRect().height < 44) faults.push(`${name(el)} is ${Math.round(el.getBoundingClientRect().height)} px high`);
}

// Text stands out from what is behind it.
const colour = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
const light = (rgb) => {
  const [r, g, b] = rgb.map((c) => { const s = c / 255; return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (el) => {
  for (let at = el; at; at = at.parentElement) {
    const [r, g, b, a = 1] = colour(getComputedStyle(at).backgroundColor);
    if (a > 0.99) return [r, g, b];
  }
  return [255, 255, 255];
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const weak = new Set();
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const el = node.parentElement;
  if (!node.textContent.trim() || !shown(el) || el.closest("script, style, noscript, option")) continue;
  const style = getComputedStyle(el);
  const [front, back] = [light(colour(style.color).slice(0, 3)), light(behind(el))];
  const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
  const large = parseFloat(style.fontSize) >= 24;
  if (contrast < (large ? 3 : 4.5)) weak.add(`${name(el)} has a contrast of ${contrast.toFixed(2)}`);
}
faults.push(...weak);
return faults;
