// Package trials has the nouns of a sweep - Sweep, Stage, Branch, Trial,
// Attempt, Lease, Worker, Task, Failure - and their lawful changes. It knows
// neither rows nor requests nor time: who changes a noun, when, and how it is
// stored is the business of scheduler and store.
//
// A sweep has stages; a search stage has branches, one unless for_each makes
// more; a branch has trials; a trial has attempts, at most one of them live.
package trials
