package worker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/trials"
)

// leaveCgroup moves the shell to the memory cgroup above its own, where there is
// one that can be written; elsewhere it does nothing.
const leaveCgroup = `g=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
[ -n "$g" ] && echo $$ > /sys/fs/cgroup/memory$(dirname $g)/cgroup.procs
`

func TestATrialThatLeavesItsCgroupIsKilledToo(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	pids := t.TempDir()
	ref := o.add(1, shell(leaveCgroup+"export PIDS="+pids+"; "+stubborn))
	all := pidsIn(t, pids, "main", "daemon", "child")
	o.signal(trials.Signal{Ref: ref, Stale: true})
	waitFor(t, "the end of its processes", func() bool { return len(alive(all)) == 0 })
}

func TestADaemonThatLeavesItsCgroupEndsWithItsTrial(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	pids := t.TempDir()
	ref := o.add(1, shell(`sh -c '`+strings.ReplaceAll(leaveCgroup, `'`, `'"'"'`)+`echo $$ > `+pids+`/daemon; exec sleep 1000' &
while [ ! -s `+pids+`/daemon ]; do sleep 0.01; done`))
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v %+v", out, out.Failure)
	}
	if got := alive(pidsIn(t, pids, "daemon")); len(got) != 0 {
		t.Errorf("the daemon %v outlived its trial", got)
	}
}
