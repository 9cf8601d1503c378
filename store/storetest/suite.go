package storetest

import "testing"

// Run tells every story to a kind of database.
func Run(t *testing.T, open Open) {
	for _, s := range []struct {
		name string
		tell func(*testing.T, Open)
	}{
		{"a trial from submission to the end", lifecycle},
		{"a repeated submission is one sweep", submitTwice},
		{"sweeps are found by the beginning of their ID", findSweeps},
		{"budgets are totals", budgets},
		{"a shared budget keeps the others' share free", sharedBudget},
		{"proposals are guarded by k and revision", proposalGuards},
		{"claims follow priority and virtual time", claimOrder},
		{"claims take only what fits", claimFits},
		{"a repeated claim gives the same leases", claimTwice},
		{"claims at once never double", claimRace},
		{"weights share the workers", fairShare},
		{"beats renew and deliver stops", renew},
		{"each verdict ends its trial", verdicts},
		{"success needs the objective", noObjective},
		{"reductions", reductions},
		{"a result is one more reading", result},
		{"the first verdict wins", settleTwice},
		{"an undelivered attempt is free", undelivered},
		{"a lost attempt is queued again", lost},
		{"a trial that kills three workers fails", killers},
		{"losses have a budget", lossBudget},
		{"a worker that comes back loses what it held", hello},
		{"readings count distinct steps", readings},
		{"a new attempt begins its readings anew", readingsReset},
		{"a stale attempt writes nothing", fence},
		{"pages of changes split no number", changePages},
		{"what is no change of the sweep", noChange},
		{"guards of actions", guards},
		{"a verdict is recorded once", recordOnce},
		{"retries take other parameters", retry},
		{"pause, resume and edit", pauseResume},
		{"cancel", cancel},
		{"retry failed trials", retryFailed},
		{"ensembles end their stage", ensembles},
		{"a failed stage fails the sweep", failStage},
		{"members of a group fail alone", groupMembers},
		{"trials by filter, order and page", trialPages},
		{"tokens and keys", tokens},
		{"servers and workers", fleet},
		{"texts that no database keeps", oddTexts},
		{"sweeps that begin together", together},
		{"the protocol of leases keeps its counts", protocol},
	} {
		t.Run(s.name, func(t *testing.T) { s.tell(t, open) })
	}
}
