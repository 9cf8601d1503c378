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
