// A bot in plain JavaScript, without any library: Node 18 or newer, fetch and HMAC.
//
// It keeps one small bid near the market on Binance spot, and sells what it bought. Like its careful
// sister in Python it never sends an order twice: what is not surely refused is looked for by its
// own id. Where Node has a WebSocket (22 and newer) prices come by it, judged by its silence.

import { createHmac, randomUUID } from "node:crypto";

const KEY = process.env.BINANCE_API_KEY;
const SECRET = process.env.BINANCE_API_SECRET;
if (!KEY || !SECRET) {
  console.error("set BINANCE_API_KEY and BINANCE_API_SECRET");
  process.exit(2);
}
const HOST = "https://api.binance.com";
const SYMBOL = "BTCUSDT";
const CLIP = 0.0005;
const VALID_MS = 3000; // a signed request is not acted on after that (recvWindow)
const HIDDEN_MS = 2500; // and an accepted order may be hidden from queries for so long
const PACE_MS = 1500;

let ahead = 0; // our clock minus the venue's
let resumeAt = 0; // nothing is sent before
let stopping = false;
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    stopping = true;
    stop.abort();
  });
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const rest = (ms) =>
  new Promise((done) => {
    if (stopping) return done();
    const timer = setTimeout(done, ms);
    stop.signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
const log = (...words) => console.log(new Date().toISOString(), ...words);

// A refusal: the venue has surely not done what was asked. All else leaves it open.
class Refused extends Error {
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}
const UNKNOWN_CODES = new Set([-1000, -1001, -1006, -1007, -1008]);

async function call(method, path, params = {}, signed = true) {
  const wait = resumeAt - Date.now();
  if (wait > 0) await sleep(wait);
  const query = new URLSearchParams(params);
  if (signed) {
    query.set("recvWindow", VALID_MS);
    query.set("timestamp", Date.now() - ahead);
    query.set("signature", createHmac("sha256", SECRET).update(query.toString()).digest("hex"));
  }
  const reply = await fetch(`${HOST}${path}?${query}`, {
    method,
    headers: signed ? { "X-MBX-APIKEY": KEY } : {},
    signal: AbortSignal.timeout(4000),
  });
  if (reply.status === 429 || reply.status === 418) {
    resumeAt = Date.now() + 1000 * Number(reply.headers.get("retry-after") ?? 10) + 500;
    log("too many requests: silent until", new Date(resumeAt).toISOString());
    throw new Refused(reply.status, "too many requests");
  }
  const body = await reply.json(); // an empty or broken body throws: the outcome stays open
  if (reply.ok) return body;
  if (body.code === -1021) await setClock();
  if (reply.status < 500 && body.code < 0 && !UNKNOWN_CODES.has(body.code)) {
    throw new Refused(body.code, body.msg);
  }
  throw new Error(`${reply.status} ${body.code}: ${body.msg}`);
}

async function setClock() {
  const before = Date.now();
  const { serverTime } = await call("GET", "/api/v3/time", {}, false);
  ahead = (before + Date.now()) / 2 - serverTime;
  ahead = Math.round(ahead);
}

let rules; // ticks, steps and the smallest worth, read again after a refusal
async function readRules() {
  const info = await call("GET", "/api/v3/exchangeInfo", { symbol: SYMBOL }, false);
  const by = Object.fromEntries(info.symbols[0].filters.map((each) => [each.filterType, each]));
  const worth = by.NOTIONAL ?? by.MIN_NOTIONAL;
  rules = {
    tick: by.PRICE_FILTER.tickSize,
    step: by.LOT_SIZE.stepSize,
    least: Number(worth.minNotional),
  };
}

// Whole numbers of 1e-8, so that no float rounds an order out of the venue's grid.
const atoms = (text) => BigInt(Math.round(Number(text) * 1e8));
const down = (value, step) => (atoms(value) / atoms(step)) * atoms(step);
const up = (value, step) => down(Number(value) + Number(step) - 1e-9, step);
const text = (value) => `${value / 100000000n}.${String(value % 100000000n).padStart(8, "0")}`;

let bid = 0;
let bidAt = 0;
function listen() {
  if (typeof WebSocket === "undefined" || stopping) return;
  const socket = new WebSocket(`wss://stream.binance.com:9443/ws/${SYMBOL.toLowerCase()}@bookTicker`);
  let heard = Date.now();
  const watchdog = setInterval(() => Date.now() - heard > 3000 && again(), 250);
  const again = () => {
    clearInterval(watchdog);
    socket.onclose = socket.onerror = socket.onmessage = null;
    socket.close();
    setTimeout(listen, Math.max(250 + 250 * Math.random(), resumeAt - Date.now())).unref();
  };
  socket.onmessage = (message) => {
    heard = bidAt = Date.now();
    bid = Number(JSON.parse(message.data).b);
  };
  socket.onclose = socket.onerror = again;
}
async function bestBid() {
  if (Date.now() - bidAt > 2000) {
    const best = await call("GET", "/api/v3/ticker/bookTicker", { symbol: SYMBOL }, false);
    bid = Number(best.bidPrice);
  }
  return bid;
}

// Look for an order by our own id until it is there, or surely never will be.
async function find(id, sentAt) {
  for (;;) {
    const late = Date.now() > sentAt + VALID_MS + HIDDEN_MS;
    try {
      return await call("GET", "/api/v3/order", { symbol: SYMBOL, origClientOrderId: id });
    } catch (error) {
      if (error.code === -2013 && late) return null;
      if (error.code !== -2013) log("looking for", id, String(error));
    }
    await sleep(500);
  }
}

async function place(side, quantity, price) {
  const id = `js-${randomUUID().replaceAll("-", "").slice(0, 24)}`;
  const order = { symbol: SYMBOL, side, newClientOrderId: id, quantity, price, type: "LIMIT" };
  const sentAt = Date.now();
  try {
    const told = await call("POST", "/api/v3/order", { ...order, timeInForce: "GTC" });
    if (told.orderId) return told;
  } catch (error) {
    if (error instanceof Refused && !error.message.includes("uplicate")) throw error;
    log("what became of", id, "is not known:", String(error));
  }
  return find(id, sentAt);
}

// Take back what is left of an order; what it has filled in the end.
async function finish(order) {
  for (;;) {
    try {
      const told = await call("GET", "/api/v3/order", { symbol: SYMBOL, orderId: order.orderId });
      if (!["NEW", "PARTIALLY_FILLED"].includes(told.status)) return Number(told.executedQty);
      await call("DELETE", "/api/v3/order", { symbol: SYMBOL, orderId: order.orderId });
    } catch (error) {
      log("ending", order.orderId, String(error));
      await sleep(400);
    }
  }
}

// Orders of an earlier life, by our mark.
async function reconcile() {
  for (const order of await call("GET", "/api/v3/openOrders", { symbol: SYMBOL })) {
    if (order.clientOrderId.startsWith("js-")) await finish(order);
  }
}

async function main() {
  let ready = false;
  let position = 0;
  let troubles = 0;
  listen();
  while (!stopping) {
    try {
      if (!ready) {
        await setClock();
        await reconcile();
        ready = true;
      }
      if (!rules) await readRules();
      const price = await bestBid();
      const selling = position * price > rules.least;
      const at = down(selling ? price : price * 0.9997, rules.tick);
      const least = up((rules.least * 1.05) / (Number(at) / 1e8), rules.step);
      const clip = atoms(CLIP);
      const size = selling ? down(position, rules.step) : clip > least ? clip : least;
      const order = await place(selling ? "SELL" : "BUY", text(size), text(at));
      troubles = 0;
      if (!order) continue;
      await rest(PACE_MS);
      const filled = await finish(order);
      position += selling ? -filled : filled;
      log(selling ? "sell" : "buy", text(at), "filled", filled);
    } catch (error) {
      log("no quote:", String(error));
      if (error instanceof Refused) rules = undefined; // perhaps they have changed
      await rest(Math.min(250 * 2 ** troubles++, 2000));
    }
  }
  log("ended with a position of", position, "and nothing in the book");
  process.exit(0);
}

main();
