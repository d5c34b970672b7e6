// The official Socket.IO client against GX: node socket-client.cjs <url> <token>
"use strict";
const assert = require("node:assert");
const { io } = require("socket.io-client");
const [url, token] = process.argv.slice(2);
const LIMIT = 120000;

const within = (what, promise) => Promise.race([
  promise,
  new Promise((_, no) => setTimeout(() => no(new Error(`${what} took too long`)), LIMIT).unref()),
]);
const once = (socket, event) => within(event, new Promise((yes) => socket.once(event, yes)));

(async () => {
  // 1. Not let in, with a code and a sentence.
  for (const [auth, code] of [[{}, "UNAUTHORIZED"], [{ token: "x" }, "UNAUTHORIZED"], [{ token, extra: 1 }, "MALFORMED_REQUEST"]]) {
    const stranger = io(url, { auth, forceNew: true, reconnection: false, transports: ["websocket"] });
    const error = await once(stranger, "connect_error");
    assert(error.message.startsWith(`${code}: `), error.message);
    stranger.close();
  }
  const elsewhere = io(`${url}/elsewhere`, { auth: { token }, forceNew: true, reconnection: false, transports: ["websocket"] });
  assert.match((await once(elsewhere, "connect_error")).message, /Invalid namespace/);
  elsewhere.close();

  // 2. Every transport.
  const sockets = [];
  for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
    const socket = io(url, { auth: { token }, forceNew: true, transports });
    socket.on("connect_error", (error) => { console.error(transports, error); process.exit(1); });
    const ready = await once(socket, "ready");
    assert.strictEqual(ready.status, "ACTIVE");
    assert.match(ready.balance, /^[0-9]+$/);
    if (transports.length === 2 && socket.io.engine.transport.name !== "websocket") {
      await within("upgrade", new Promise((yes) => socket.io.engine.once("upgrade", yes)));
    }
    assert.strictEqual(socket.io.engine.transport.name, transports.at(-1));
    sockets.push(socket);
  }

  // 3. What is said is answered, binary too.
  for (const socket of sockets) {
    const answer = await socket.timeout(LIMIT).emitWithAck("message:send", { text: "x" }, Buffer.from([1, 2, 3]));
    assert.deepStrictEqual([answer.ok, answer.problem.code], [false, "EVENT_UNKNOWN"]);
    assert.deepStrictEqual(await socket.timeout(LIMIT).emitWithAck("sync:request", { after: 0 }), { ok: true });
    const refused = once(socket, "event:refused");
    socket.emit("no:such:event", Buffer.alloc(16));
    assert.strictEqual((await refused).event, "no:such:event");
  }

  // 4. What is stored is pushed, to each of them, in order and once.
  const seen = sockets.map((socket) => {
    const list = [];
    socket.on("notification:new", (pushed) => list.push(pushed));
    return { socket, list, balance: once(socket, "balance:changed") };
  });
  console.log("READY");
  for (const { list, balance } of seen) {
    await balance;
    await within("the notification", (async () => {
      while (!list.some((pushed) => /12,345 Q/.test(pushed.notification.title))) await new Promise((yes) => setTimeout(yes, 20));
    })());
    const places = list.map((pushed) => pushed.sequence);
    assert.deepStrictEqual(places, [...new Set(places)].sort((a, b) => a - b), `${places}`);
  }
  console.log("TOLD");

  // 5. The session ends: a word on why, and no further try.
  await Promise.all(sockets.map(async (socket) => {
    const why = once(socket, "disconnect");
    assert.strictEqual((await once(socket, "session:ended")).code, "SESSION_REVOKED");
    assert.strictEqual(await why, "io server disconnect");
  }));
  console.log("DONE");
  process.exit(0);
})().catch((error) => { console.error(error); process.exit(1); });
