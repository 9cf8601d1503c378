// The API as the page sees it: typed by api/openapi.yaml, errors as Problem.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schema = components["schemas"];
export type Sweep = Schema["Sweep"];
export type Overview = Schema["Overview"];
export type TrialColumns = Schema["TrialColumns"];
export type Trial = Schema["Trial"];
export type Changes = Schema["Changes"];
export type Decision = Schema["Decision"];
export type Ensemble = Schema["Ensemble"];
export type TrialState = Schema["TrialState"];
export type SweepState = Schema["SweepState"];

export const api = createClient<paths>({ baseUrl: "/" });

/** What the server said when it refused, or that it did not answer. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** Gives the data of an answer, or throws its Problem. */
export async function take<T>(request: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await request.catch((cause: unknown): never => {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Problem("the server does not answer", 0, "unreachable");
  });
  if (!response.ok) throw problem(error, response.status);
  return data as T;
}

/** Makes a Problem of a body that should be problem+json but may be anything. */
export function problem(body: unknown, status: number): Problem {
  const p = (typeof body === "object" && body !== null ? body : {}) as Partial<Schema["Problem"]>;
  return new Problem(p.detail || p.title || `the server answered ${status}`, status, p.code ?? "unknown", p.hint);
}
