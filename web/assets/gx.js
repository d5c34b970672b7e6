// Enhancements only: every page works without this file.
"use strict";
(() => {
  const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);

  // Times are sent in UTC; show them where the reader is.
  const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const localTimes = (root) => each("time[data-local]", (el) => {
    const at = new Date(el.dateTime);
    if (Number.isNaN(at.getTime())) return;
    el.title = el.textContent.trim();
    el.textContent = clock.format(at);
    el.removeAttribute("data-local");
  }, root);

  // A countdown to the moment in data-countdown; the page is asked again when it is over.
  // The server's own clock is in data-now, so a wrong clock on the device does no harm.
  const countdowns = (root) => each("[data-countdown]", (el) => {
    const left = Date.parse(el.dataset.countdown) - Date.parse(el.dataset.now);
    const end = performance.now() + left;
    if (!(left > 0)) return;
    const tick = () => {
      if (!el.isConnected) return clearInterval(timer);
      const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      el.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      if (seconds === 0) { clearInterval(timer); setTimeout(() => location.reload(), 1500); }
    };
    const timer = setInterval(tick, 500);
    tick();
  }, root);

  const copies = (root) => each("button[data-copy]", (button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      if (!source) return;
      await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
      const before = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = before; }, 2000);
    });
  }, root);

  // What a page says, without what changes by itself: a running countdown must not tear the page from under a finger.
  const substance = (root) => {
    const copy = root.cloneNode(true);
    each("time, [data-countdown], button[data-copy]", (el) => el.remove(), copy);
    return copy.textContent.replace(/\s+/g, " ");
  };

  // Something is under way: ask for the page again and put the new main part in place.
  const refresh = () => {
    const region = document.querySelector("[data-refresh]");
    if (!region) return;
    const seconds = Number(region.dataset.refresh) || 3;
    setTimeout(async () => {
      if (document.hidden) return refresh();
      try {
        const answer = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" });
        if (answer.redirected) { location.href = answer.url; return; }
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
        const main = document.querySelector("main");
        if (fresh && main) {
          if (substance(main) !== substance(fresh)) {
            main.replaceChildren(...fresh.childNodes);
            start(main);
            document.title = `${main.querySelector("h1")?.textContent ?? "GX"} · GX`;
            document.getElementById("live").textContent = main.querySelector("h1")?.textContent ?? "";
          }
          if (!main.querySelector("[data-refresh]")) return;
        }
      } catch { /* the network is away: try again */ }
      refresh();
    }, seconds * 1000);
  };

  // Scanning with the camera, where the browser can read codes itself.
  const scanners = (root) => each("[data-scan]", (box) => {
    if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
    box.hidden = false;
    const button = box.querySelector("button");
    const video = box.querySelector("video");
    const note = box.querySelector("[role=status]");
    const target = document.getElementById(box.dataset.scan);
    button.addEventListener("click", async () => {
      try {
        const detector = new BarcodeDetector({ formats: ["qr_code"] });
        const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        video.srcObject = stream;
        video.hidden = false;
        button.hidden = true;
        note.textContent = "Point the camera at the code.";
        await video.play();
        const look = async () => {
          const [found] = await detector.detect(video).catch(() => []);
          if (!found) return setTimeout(look, 200);
          stream.getTracks().forEach((track) => track.stop());
          target.value = found.rawValue;
          target.form.requestSubmit();
        };
        look();
      } catch {
        note.textContent = "The camera could not be opened. Type the code instead.";
      }
    });
  }, root);

  // One press, one request. The key in the form makes a second one harmless anyway.
  addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "post") form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => each("form[data-sent]", (form) => { delete form.dataset.sent; }));

  const start = (root) => { localTimes(root); countdowns(root); copies(root); scanners(root); };
  start(document);
  refresh();

  // What follows by itself puts new parts in place and asks for them to be set up.
  addEventListener("gx:replaced", (event) => start(event.target));
  globalThis.gxSubstance = substance;
})();
