// An official Socket.IO server for our client: prints its port, then does as it is asked.
"use strict";
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http, { pingInterval: 300, pingTimeout: 60000 });
const serve = (socket) => {
  socket.emit("hello", { auth: socket.handshake.auth, header: socket.handshake.headers["x-test"] ?? null });
  socket.on("echo", (...args) => args.pop()(...args));
  socket.on("bytes", (data, answer) => answer({ size: data.length, back: Buffer.from(data).reverse() }));
  socket.on("twice", (value) => { socket.emit("first", value); socket.emit("second", value, Buffer.from([7, 8])); });
  socket.on("ask", (value, answer) => socket.emit("question", value, (said, bytes) => answer({ said, bytes: [...bytes] })));
  socket.on("never", () => {});
  socket.on("leave", () => socket.disconnect(true));
  socket.on("cut", () => socket.conn.transport.socket.terminate());
};
io.on("connection", serve);
const guarded = io.of("/guarded");
guarded.use((socket, next) => {
  if (socket.handshake.auth.token === "right") return next();
  const error = new Error("not you");
  error.data = { code: 7 };
  next(error);
});
guarded.on("connection", serve);
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
