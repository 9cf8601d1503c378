package worker_test

import (
	"testing"
	"time"

	"github.com/sweepd/sweepd/trials"
)

func TestCodeThatComesLateIsWaitedFor(t *testing.T) {
	o := newOffice(time.Minute)
	digest := o.freeze(t, map[string]string{"train.py": "print('here')\n"})
	o.mu.Lock()
	late := o.codes[digest]
	delete(o.codes, digest)
	o.asked = make(chan struct{}, 1)
	o.mu.Unlock()
	o.start(t, nil)
	ref := o.add(1, python(digest, "train.py"))
	<-o.asked // the server has said once that it does not have it
	o.mu.Lock()
	o.codes[digest] = late
	o.mu.Unlock()
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
		t.Errorf("the trial %s: %+v", out.Verdict, out.Failure)
	}
}

// A server that restarts while the code is downloaded is no fault of the trial.
func TestCodeThatArrivesInHalfIsFetchedAgain(t *testing.T) {
	o := newOffice(time.Minute)
	digest := o.freeze(t, map[string]string{"a.py": "print('whole')\n"})
	o.mu.Lock()
	whole := o.codes[digest]
	o.codes[digest] = whole[:len(whole)/2]
	o.mu.Unlock()
	o.start(t, nil)
	ref := o.add(1, python(digest, "a.py"))
	waitFor(t, "the first download", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return o.fetched > 0 })
	o.mu.Lock()
	o.codes[digest] = whole
	o.mu.Unlock()
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v %+v", out, out.Failure)
	}
}
