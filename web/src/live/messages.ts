import type { Changes } from "../api/client";
import type { Status } from "./stream";

/** What a tab says to the worker. leave without an id leaves everything. */
export type FromTab = { kind: "follow"; id: number; sweep: string; after: number } | { kind: "leave"; id?: number };

/** What the worker says to a tab. */
export type ToTab = { kind: "changes"; id: number; page: Changes } | { kind: "status"; id: number; status: Status; retryIn?: number };
