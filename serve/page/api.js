// The HTTP interface as this page uses it. Every fault becomes an ApiError with words for a person.

export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `the server answered ${status}`);
    this.status = status;
    this.code = problem.code;
  }
}

async function checked(response) {
  if (response.ok) return response;
  let problem = {};
  try { problem = await response.json(); } catch { /* a proxy may answer in plain text */ }
  throw new ApiError(response.status, problem);
}

export async function ask(path, options = {}) {
  try {
    return await checked(await fetch(path, { credentials: "same-origin", ...options }));
  } catch (error) {
    if (error instanceof ApiError || error.name === "AbortError") throw error;
    throw new ApiError(0, { detail: "The server cannot be reached. Is it still up?" });
  }
}

export async function models() { return (await (await ask("v1/models")).json()).models; }

export async function signIn(token) {
  await ask("v1/session", { method: "POST", headers: { Authorization: `Bearer ${token}` } });
}

const of = (model) => (model ? `?model=${encodeURIComponent(model)}` : "");

export async function picture(file, model, signal) {
  const options = { method: "POST", body: file, headers: { "Content-Type": file.type }, signal };
  return (await ask(`v1/faces${of(model)}`, options)).json();
}

// Calls back with each line of the answer as it comes: what is known first, a frame each, a summary last.
export async function video(file, model, signal, each) {
  const options = { method: "POST", body: file, headers: { "Content-Type": file.type || "video/mp4" }, signal };
  const reader = (await ask(`v1/video${of(model)}`, options)).body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + (value || "")).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) each(JSON.parse(line));
    if (done) break;
  }
  if (rest) each(JSON.parse(rest));
}

// One frame is on its way at a time, so a slow server sees fewer frames rather than late ones.
export class Live {
  constructor(model, answered, ended) {
    const url = new URL(`v1/live${of(model)}`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(url);
    this.socket.binaryType = "arraybuffer";
    this.free = false;
    this.socket.onopen = () => { this.free = true; };
    this.socket.onmessage = (message) => { this.free = true; answered(JSON.parse(message.data)); };
    this.socket.onclose = (event) => { this.free = false; ended(event.reason.replace(/^\w+: /, "") || (event.wasClean ? "" : "The connection was lost.")); };
  }
  send(seconds, blob) {
    if (!this.free || this.socket.readyState !== WebSocket.OPEN) return false;
    this.free = false;
    this.socket.send(JSON.stringify({ time_s: seconds }));
    this.socket.send(blob);
    return true;
  }
  close() { this.socket.close(); }
}
