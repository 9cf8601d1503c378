package worker_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker"
)

// BenchmarkTrial runs trials that only say when their code began, one after
// another on one slot. start is from the claim to that moment, whole from claim
// to claim.
func BenchmarkTrial(b *testing.B) {
	script := map[string]string{"now.py": "import time\nprint(time.time_ns())\n", "now.sh": "#!/bin/sh\nexec date +%s%N\n"}
	for name, argv := range map[string][]string{
		"forked":  {"python3", "now.py"},
		"python":  {"env", "python3", "now.py"},
		"process": {"./now.sh"},
	} {
		b.Run(name, func(b *testing.B) {
			o := newOffice(time.Minute)
			o.start(b, func(c *worker.Config) { c.Slots, c.Log = 1, nil })
			task := shell("")
			task.Code, task.Argv = o.freeze(b, script), argv
			o.outcome(b, o.add(1, task)) // imports and copies
			var refs []trials.Ref
			b.ResetTimer()
			for n := range b.N {
				refs = append(refs, o.add(n+2, task))
			}
			o.outcome(b, refs[len(refs)-1])
			b.StopTimer()
			var starts []time.Duration
			for _, ref := range refs {
				at, err := strconv.ParseInt(strings.TrimSpace(o.log(ref)), 10, 64)
				if err != nil {
					b.Fatalf("trial said %q", o.log(ref))
				}
				starts = append(starts, time.Unix(0, at).Sub(o.claimed[ref]))
			}
			slices.Sort(starts)
			b.ReportMetric(float64(starts[len(starts)/2].Microseconds())/1000, "start-p50-ms")
			b.ReportMetric(float64(starts[len(starts)*95/100].Microseconds())/1000, "start-p95-ms")
		})
	}
}
