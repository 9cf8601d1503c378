package shim

import (
	"bufio"
	"encoding/json"
	"os"
	"syscall"
	"time"
)

// server is the fork server beside the attempt. It is spoken to in JSON lines:
// first what to import, answered by ready or refuse; then fork requests, each
// answered by pid or refuse, and an exit for each process forked. Between
// attempts it is asked for a spare, a fork made ahead for the next request.
type server struct {
	pid   int
	spare int // 0: none, or it has become the attempt
	conn  *os.File
}

// reply is one line of a fork server. Exactly one of Ready, Refuse, Spare, PID
// and Exit is set.
type reply struct {
	from   *server
	Ready  bool    `json:"ready"`
	Refuse string  `json:"refuse"`
	Spare  int     `json:"spare"`
	PID    int     `json:"pid"`
	Exit   int     `json:"exit"`   // pid of the process that ended
	Status int     `json:"status"` // of wait(2)
	RSS    int64   `json:"rss"`    // bytes
	CPU    float64 `json:"cpu"`    // seconds
	Kept   bool    `json:"kept"`   // with Exit: the attempt ended but its process lives, as the spare
}

func secondsOf(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// warm starts the fork server; the one before, if any, is killed.
func (k *keeper) warm(p *Plan) {
	if k.attempt != nil {
		k.say(Event{Kind: Refused, Why: "the keeper has an attempt"})
		return
	}
	k.dismiss()
	if k.group != nil {
		k.group.limit(0) //nolint:errcheck // with the last one's limit it may still import
	}
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		k.refuse(err)
		return
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "fork server"), os.NewFile(uintptr(pair[1]), "keeper")
	defer theirs.Close()
	pid, err := start(p, theirs)
	if err != nil {
		ours.Close()
		k.refuse(err)
		return
	}
	k.server = &server{pid: pid, conn: ours}
	go k.server.listen(k.replies)
	k.tell(p.Tell)
}

// dismiss ends the fork server, if there is one.
func (k *keeper) dismiss() {
	if k.server == nil {
		return
	}
	k.kill([]int{k.server.pid})
	k.server = nil
	k.killTree()
}

func (s *server) listen(to chan<- reply) {
	defer s.conn.Close()
	lines := json.NewDecoder(bufio.NewReader(s.conn))
	for {
		r := reply{from: s}
		if lines.Decode(&r) != nil {
			return // its end is seen by wait
		}
		to <- r
	}
}

func (k *keeper) tell(line json.RawMessage) {
	k.server.conn.Write(append(line, '\n')) //nolint:errcheck // its end is seen by wait
}

// askSpare has the fork server fork ahead while the worker settles one attempt
// and claims the next. It is asked when nothing of an attempt is left, so that a
// spare is never taken for something that an attempt left.
func (k *keeper) askSpare() {
	if k.server != nil {
		k.tell(json.RawMessage(`{"spare": true}`))
	}
}

func (k *keeper) fork(p *Plan) {
	if k.server == nil || k.attempt != nil {
		k.say(Event{Kind: Refused, Why: "there is no fork server"})
		return
	}
	k.attempt = k.open(p)
	k.tell(p.Tell)
}

// hear acts on what the fork server says. A dead server's last words count
// only as far as wait has not told the same.
func (k *keeper) hear(r reply) {
	if r.from != k.server {
		return
	}
	a := k.attempt
	switch {
	case r.Ready:
		k.say(Event{Kind: Ready, PID: k.server.pid})
	case r.Spare > 0:
		k.server.spare = r.Spare
	case r.Refuse != "":
		// It is of no use any more, and what it holds would count against the
		// process that is started instead.
		k.refused(r.Refuse)
	case a == nil:
	case r.PID > 0:
		a.pid, k.server.spare = r.PID, 0
		k.begun(a)
	case r.Exit == a.pid:
		a.cpu += secondsOf(r.CPU)
		a.peak = max(a.peak, r.RSS)
		if r.Kept {
			k.server.spare = r.Exit
		}
		k.ended(syscall.WaitStatus(r.Status))
	}
}

// refused says that the attempt, or the fork server, could not be started when
// nothing of either is left: a server that died may have forked.
func (k *keeper) refused(why string) {
	if a := k.attempt; a != nil {
		a.sampling.Stop()
		k.attempt = nil
	}
	k.dismiss()
	k.killTree()
	k.say(Event{Kind: Refused, Why: why})
}

func (k *keeper) cold() { k.say(Event{Kind: Cold, Why: "the fork server died"}) }

// serverDied forgets the fork server. An attempt that runs goes on: it falls to
// the keeper, which waits for it itself.
func (k *keeper) serverDied() {
	k.server = nil
	switch a := k.attempt; {
	case a == nil, a.ending:
		k.cold()
	case a.pid == 0:
		k.cold()
		k.refused("the fork server died while it was asked to fork")
	}
}
