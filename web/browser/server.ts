// The real binary with its page, a worker inside and a directory of its own.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const root = resolve(import.meta.dirname, "../..");
const binary = process.env.SWEEPD_BIN ?? join(root, "bin/sweepd");
const client = join(root, "clients/python/src");

/** A script that reports through the Python client, one reading per nap. */
const script = `
import sys, time
sys.path.insert(0, ${JSON.stringify(client)})
import sweepd as sw
trial = sw.trial()
x = float(trial.params["x"])
for epoch in range(1, 10):
    time.sleep(float(trial.params["nap"]))
    print("epoch", epoch, flush=True)
    if trial.report(step=epoch, loss=x + 1.0 / epoch):
        print("asked to stop")
        break
`;

export class Server {
  private constructor(
    private readonly process: ChildProcess,
    private readonly dir: string,
    readonly url: string,
    readonly token: string,
  ) {}

  /** Starts a server on a free port with that many slots of its own; its output goes to the test's. */
  static async start(slots = 2): Promise<Server> {
    const dir = mkdtempSync(join(tmpdir(), "sweepd-page-"));
    const portFile = join(dir, "port");
    const child = spawn(binary, ["serve", "--addr", "127.0.0.1:0", "--port-file", portFile, "--dir", join(dir, "data"), "--slots", String(slots)], { stdio: ["ignore", "inherit", "inherit"] });
    for (const limit = Date.now() + 30_000; !existsSync(portFile) || readFileSync(portFile, "utf8").trim() === ""; await sleep(20)) {
      if (child.exitCode !== null || Date.now() > limit) throw new Error(`${binary} serve did not start`);
    }
    const port = readFileSync(portFile, "utf8").trim();
    return new Server(child, dir, `http://127.0.0.1:${port}`, readFileSync(join(dir, "data/token"), "utf8").trim());
  }

  /** Submits a sweep file that runs the script; gives its id. */
  submit(yaml: string): string {
    const work = mkdtempSync(join(this.dir, "sweep-"));
    writeFileSync(join(work, "train.py"), script);
    writeFileSync(join(work, "sweep.yaml"), yaml);
    const out = execFileSync(binary, ["submit", join(work, "sweep.yaml"), "--server", this.url, "--token", this.token, "-o", "json"], { encoding: "utf8", maxBuffer: 2 ** 26 });
    return (JSON.parse(out) as { id: string }).id;
  }

  /** A one-time link that opens a browser session with this token's rights. */
  async login(): Promise<string> {
    const answer = await fetch(`${this.url}/api/v1/login`, { method: "POST", headers: { Authorization: `Bearer ${this.token}` } });
    if (!answer.ok) throw new Error(`login: ${answer.status} ${await answer.text()}`);
    return `${this.url}/login?code=${((await answer.json()) as { code: string }).code}`;
  }

  async stop(): Promise<void> {
    const gone = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGTERM");
    await Promise.race([gone, sleep(10_000).then(() => this.process.kill("SIGKILL"))]);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Two stages; the second begins when the first has ended. */
export const twoStages = `
name: two stages
command: [python3, train.py]
objective: {metric: loss, goal: minimize}
space: {x: {uniform: [0, 10]}, nap: {const: 0.1}}
sampler: {algorithm: random, seed: 3}
stages:
  - name: explore
    budget: {trials: 6, parallel: 2}
  - name: refine
    space: {narrow: explore}
    budget: {trials: 12, parallel: 2}
    early_stop: {algorithm: asha, min: 1, max: 9, eta: 3}
`;
