// A cluster in one function: claims trials over the API and settles them at once,
// five hundred at a time, so that a test has thousands of ended trials in seconds.

interface Lease {
  trial: number;
  attempt: number;
  number: number;
}

/** Settles trials until none is left or as many as wanted have ended; loss gives the objective of a trial's number. */
export async function settleAll(url: string, token: string, loss: (trial: number) => number, most = Infinity): Promise<void> {
  const call = async (method: string, path: string, body: unknown) => {
    const answer = await fetch(url + path, { method, headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json() as Promise<{ leases?: Lease[] }>;
  };
  const worker = "page-cluster";
  await call("PUT", `/api/v1/workers/${worker}/hello`, { id: worker, host: "test", slots: 500, cpu: 500 });
  let settle: unknown[] = [];
  for (let done = 0, k = 0; ; k++) {
    const slots = Math.min(500, most - done);
    const { leases = [] } = await call("POST", "/api/v1/leases/claim", { worker, claim_id: `${Date.now()}-${k}`, slots, cpu: slots, wait_ms: 500, settle });
    if (leases.length === 0) return;
    done += leases.length;
    settle = leases.map((l) => ({ trial: l.trial, attempt: l.attempt, verdict: "succeeded", seconds: 10 + (l.number % 7), result: { loss: loss(l.number) } }));
  }
}

/** A sweep of n explicit trials: lr over four orders of magnitude, one of three optimizers. */
export function manyTrials(n: number): string {
  const points = Array.from({ length: n }, (_, i) => `  - {lr: ${(10 ** (-5 + (4 * ((i * 7919) % n)) / n)).toPrecision(4)}, optimizer: ${["adamw", "lion", "muon"][i % 3]}}\n`);
  return `name: many trials\ncommand: ['true']\nobjective: {metric: loss, goal: minimize}\npoints:\n${points.join("")}`;
}
