// Follows what happens while somebody looks: the pages work without this file, they just have to be asked again.
// It speaks as much of Engine.IO 4 and Socket.IO 5 over a WebSocket as it needs.
"use strict";
(() => {
  const body = document.body;
  const bar = document.getElementById("live-state");
  if (!bar || !("WebSocket" in window)) return;

  const RETRY_FIRST_MS = 500, RETRY_MAX_MS = 30000, SAY_AFTER_MS = 1500, REFRESH_MS = 150;
  let after = body.dataset.liveAfter === undefined ? null : Number(body.dataset.liveAfter);
  let socket = null, retry = 0, again = 0, silence = 0, sayTimer = 0, leaving = false, done = false;

  const say = (text) => {
    if (!text) {
      clearTimeout(sayTimer);
      sayTimer = 0; bar.hidden = true; bar.textContent = "";
    } else if (!sayTimer) {
      // A page that is being left loses its socket too, and most losses last a moment: nobody wants to read about those.
      sayTimer = setTimeout(() => { if (!leaving) { bar.textContent = text; bar.hidden = false; } }, SAY_AFTER_MS);
    }
  };

  // ── The page: ask for it again and put the parts that follow by themselves in place.
  const substance = (el) => el.tagName === "MAIN" && globalThis.gxSubstance ? globalThis.gxSubstance(el) : el.outerHTML;
  // The first change is asked for at once; what comes close behind it waits, and is asked for together.
  let asking = false, wanted = false, timer = 0, asked = -Infinity;
  const refresh = () => {
    wanted = true;
    if (timer || asking) return;
    timer = setTimeout(async () => {
      asked = performance.now();
      timer = 0; wanted = false; asking = true;
      try {
        const answer = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" });
        if (answer.redirected && new URL(answer.url).pathname !== location.pathname) { location.replace(answer.url); return; }
        if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } catch { /* the network is away: the socket says so, and asks again when it is back */ }
      asking = false;
      if (wanted) refresh();
    }, Math.max(0, asked + REFRESH_MS - performance.now()));
  };
  const put = (fresh) => {
    for (const old of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(old.id);
      if (!now || substance(now) === substance(old)) continue;
      // Whoever is typing is not interrupted; the next change brings this one along.
      if (old.querySelector("input:focus, textarea:focus, select:focus, details[open]")) continue;
      const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
      if (old.tagName === "MAIN") {
        old.replaceChildren(...now.childNodes);
        old.dispatchEvent(new Event("gx:replaced", { bubbles: true }));
        const heading = old.querySelector("h1")?.textContent ?? "GX";
        document.title = `${heading} · GX`;
      } else {
        old.replaceWith(now);
      }
      if (focused) document.getElementById(focused)?.focus();
    }
  };

  // ── What the server says.
  // A form may be what ended the session (signing out, closing the account): then its answer shows what comes next.
  let submitted = -Infinity;
  addEventListener("submit", () => { submitted = performance.now(); });
  const toLogin = () => {
    done = true;
    if (performance.now() - submitted < 10000) { submitted = -Infinity; setTimeout(toLogin, 3000); return; }
    if (leaving) return;
    leaving = true;
    const next = encodeURIComponent(location.pathname + location.search);
    location.replace(`/login?next=${next}&done=session-ended`);
  };
  const announce = (text) => { const live = document.getElementById("live"); if (live) live.textContent = text; };
  const heard = (name, object) => {
    switch (name) {
      case "ready":
        // Back after a while: whatever changed meanwhile is on the page now.
        if (retry > 0) refresh();
        retry = 0;
        if (after === null) after = object.after;
        say("");
        body.dataset.liveState = "connected";
        break;
      case "notification:new":
        after = object.sequence;
        announce(object.notification.title);
        refresh();
        break;
      case "sync:more": emit("sync:request", { after: object.after }); break;
      case "balance:changed": case "notification:unread": case "profile:changed": case "qsend:changed": case "command:settled":
        refresh();
        break;
      case "session:ended":
        done = true;
        if (object.code === "ACCOUNT_FROZEN") location.reload(); else toLogin();
        break;
    }
  };
  const refused = (message) => {
    const code = String(message).split(":")[0];
    if (["UNAUTHORIZED", "SESSION_EXPIRED", "SESSION_REVOKED"].includes(code)) return toLogin();
    // Nothing that waiting would mend: the page works as it did without a socket.
    if (["FORBIDDEN", "ACCOUNT_FROZEN", "ACCOUNT_DISABLED", "MALFORMED_REQUEST"].includes(code)) { done = true; say(""); }
    socket?.close();
  };

  // ── The protocol.
  const send = (text) => { if (socket?.readyState === WebSocket.OPEN) socket.send(text); };
  const emit = (name, object) => send(`42${JSON.stringify([name, object])}`);
  const packet = (text) => {
    clearTimeout(silence);
    silence = setTimeout(() => socket?.close(), packet.limit);
    switch (text[0]) {
      case "0": {
        const open = JSON.parse(text.slice(1));
        packet.limit = open.pingInterval + open.pingTimeout;
        send(`40${JSON.stringify(after === null ? {} : { after })}`);
        break;
      }
      case "1": socket?.close(); break;
      case "2": send("3"); break;
      case "4":
        if (text[1] === "2") {
          const start = text.indexOf("[");
          if (start > 0) heard(...JSON.parse(text.slice(start)));
        } else if (text[1] === "4") refused(JSON.parse(text.slice(2)).message);
        else if (text[1] === "1") socket?.close();
        break;
    }
  };
  packet.limit = 45000;

  const address = () => {
    const base = body.dataset.liveUrl ?? `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}`;
    return `${base}/socket.io/?EIO=4&transport=websocket`;
  };
  const connect = () => {
    clearTimeout(again);
    if (done || leaving || socket) return;
    let mine;
    try { mine = new WebSocket(address()); } catch { return; }
    socket = mine;
    mine.addEventListener("message", (event) => {
      if (socket !== mine || typeof event.data !== "string") return;
      try { packet(event.data); } catch { mine.close(); }
    });
    mine.addEventListener("close", () => {
      if (socket !== mine) return;
      socket = null;
      clearTimeout(silence);
      delete body.dataset.liveState;
      if (done || leaving) return;
      say("Offline. Reconnecting …");
      retry += 1;
      // Half of it by chance, so that not everybody comes back at the same moment.
      const pause = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(retry, 10));
      again = setTimeout(connect, pause / 2 + Math.random() * pause / 2);
    });
  };
  addEventListener("online", connect);
  addEventListener("pagehide", () => { leaving = true; });
  addEventListener("pageshow", (event) => {
    leaving = false;
    // A page from the browser's memory is as old as when it was left.
    if (event.persisted) { refresh(); connect(); }
  });
  connect();
})();
