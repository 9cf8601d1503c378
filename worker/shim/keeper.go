package shim

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The sampling periods of an attempt's tree: fast where sampling is what
// enforces a memory limit, slow where it only finds the peak.
const (
	fastSample = 50 * time.Millisecond
	slowSample = 200 * time.Millisecond
)

// Main is the keeper. It talks JSON lines over the socket that is its file
// descriptor 3 and gives an exit code. It ends when the other side is gone. The
// argument "nocgroup" leaves cgroups alone: memory is then sampled.
func Main(args []string) int {
	// Pdeathsig is tied to the thread that started the child: it must not end
	// before the keeper does.
	runtime.LockOSThread()
	syscall.CloseOnExec(3)
	socket := os.NewFile(3, "worker")
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintf(os.Stderr, "sweepd shim: become a child subreaper: %v\n", err)
		return 1
	}
	// A worker that is asked to end ends its keepers by closing the socket; what a
	// terminal or a process group sends is not for them. They are caught and not
	// ignored, for what is ignored stays so in the programs that are started.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	k := &keeper{
		socket: socket, self: os.Getpid(),
		orders: make(chan Order), replies: make(chan reply), died: make(chan os.Signal, 1),
	}
	if !slices.Contains(args, "nocgroup") {
		k.group = newCgroup()
	}
	signal.Notify(k.died, syscall.SIGCHLD)
	hello := Event{Kind: Hello, PID: k.self, Birth: Birth(k.self)}
	if k.group != nil {
		hello.Cgroup = k.group.dir
	}
	k.say(hello)
	go k.listen()
	k.loop()
	k.killAll()
	if k.group != nil {
		k.group.leave()
	}
	return 0
}

// keeper is the state of the one loop that touches it.
type keeper struct {
	socket  *os.File
	group   *cgroup
	self    int
	orders  chan Order // closed when the worker is gone
	replies chan reply // of the fork server
	died    chan os.Signal

	attempt *attempt
	server  *server
}

type attempt struct {
	pid      int // 0 while the fork server has not told it, and once it has ended
	ending   bool
	started  time.Time
	memory   int64
	enforce  bool // by sampling, since the kernel does not
	over     bool
	kills    int64 // the cgroup's counter at the start
	machine  int64
	peak     int64
	cpu      time.Duration
	sampling *time.Ticker
}

func (k *keeper) say(e Event) {
	line, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("shim: marshal an event: %v", err))
	}
	k.socket.Write(append(line, '\n')) //nolint:errcheck // a worker that is gone is noticed by the reader
}

func (k *keeper) listen() {
	defer close(k.orders)
	lines := json.NewDecoder(bufio.NewReader(k.socket))
	for {
		var o Order
		if err := lines.Decode(&o); err != nil {
			if err != io.EOF {
				fmt.Fprintf(os.Stderr, "sweepd shim: read an order: %v\n", err)
			}
			return
		}
		k.orders <- o
	}
}

func (k *keeper) loop() {
	for {
		var sample <-chan time.Time
		if k.attempt != nil && k.attempt.sampling != nil {
			sample = k.attempt.sampling.C
		}
		select {
		case o, ok := <-k.orders:
			if !ok {
				return
			}
			k.obey(o)
		case <-k.died:
			k.reap()
		case r := <-k.replies:
			k.hear(r)
		case <-sample:
			k.sample()
		}
	}
}

func (k *keeper) obey(o Order) {
	switch o.Op {
	case Run:
		k.run(o.Plan)
	case Warm:
		k.warm(o.Plan)
	case Fork:
		k.fork(o.Plan)
	case Signal:
		if k.attempt != nil && k.attempt.pid > 0 {
			syscall.Kill(-k.attempt.pid, syscall.Signal(o.Signal)) //nolint:errcheck // gone already is what was wanted
		}
	case Kill:
		k.kill(k.tree())
	}
}

// open prepares the bookkeeping of an attempt and the limit on its memory.
func (k *keeper) open(p *Plan) *attempt {
	a := &attempt{memory: p.Memory, started: time.Now(), machine: machineOOMs()}
	kernel := k.group != nil && k.group.limit(p.Memory) == nil
	a.enforce = p.Memory > 0 && !kernel
	period := slowSample
	if a.enforce {
		period = fastSample
	}
	if k.group != nil {
		a.kills = k.group.kills()
	}
	a.sampling = time.NewTicker(period)
	return a
}

func (k *keeper) run(p *Plan) {
	if k.attempt != nil {
		k.say(Event{Kind: Refused, Why: "the keeper has an attempt already"})
		return
	}
	if p.Memory > 0 && k.group != nil && k.server != nil {
		k.dismiss() // it lives in the same group: what it holds would count
		k.cold()
	}
	a := k.open(p)
	pid, err := start(p, nil)
	if err != nil {
		a.sampling.Stop()
		k.refuse(err)
		return
	}
	a.pid = pid
	k.begun(a)
}

func (k *keeper) refuse(err error) {
	e := Event{Kind: Refused, Why: err.Error()}
	if no, ok := err.(syscall.Errno); ok {
		e.Errno = int(no)
	}
	k.say(e)
}

// begun tells the worker of an attempt's process and makes it the first to die
// when the machine runs out of memory, before the worker and its keepers.
func (k *keeper) begun(a *attempt) {
	k.attempt = a
	os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", a.pid), []byte("300"), 0o644) //nolint:errcheck // raising may be forbidden too
	k.say(Event{Kind: Started, PID: a.pid, Birth: Birth(a.pid)})
}

// start starts p.Argv in a session of its own; extra becomes its descriptor 3.
func start(p *Plan, extra *os.File) (int, error) {
	out, err := os.OpenFile(p.Output, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	files := []uintptr{null.Fd(), out.Fd(), out.Fd()}
	if extra != nil {
		files = append(files, extra.Fd())
	}
	return syscall.ForkExec(p.Argv[0], p.Argv, &syscall.ProcAttr{
		Dir: p.Dir, Env: p.Env, Files: files,
		Sys: &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
	})
}

// reap collects every child that has died and acts on the two that matter.
func (k *keeper) reap() {
	for {
		var status syscall.WaitStatus
		var use syscall.Rusage
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, &use)
		if err != nil || pid <= 0 {
			return
		}
		k.count(pid, status, use)
	}
}

func (k *keeper) count(pid int, status syscall.WaitStatus, use syscall.Rusage) {
	if k.server != nil && pid == k.server.pid {
		k.serverDied()
		return
	}
	a := k.attempt
	if a == nil {
		return
	}
	a.cpu += time.Duration(use.Utime.Nano() + use.Stime.Nano())
	a.peak = max(a.peak, use.Maxrss*1024)
	if pid == a.pid {
		k.ended(status)
	}
}

// ended kills what the attempt left and tells the worker.
func (k *keeper) ended(status syscall.WaitStatus) {
	a := k.attempt
	exit := Exit{Code: status.ExitStatus(), OverLimit: a.over, Seconds: time.Since(a.started).Seconds()}
	if status.Signaled() {
		exit.Code, exit.Signal = -1, int(status.Signal())
	}
	a.pid, a.ending = 0, true
	exit.Left = k.killTree()
	a.sampling.Stop()
	if k.group != nil {
		if exit.KernelOOM = k.group.kills() > a.kills; exit.KernelOOM {
			a.peak = max(a.peak, a.memory) // samples miss the last moments
		}
	}
	exit.MachineOOM = machineOOMs() > a.machine
	exit.RSS, exit.CPU = a.peak, a.cpu.Seconds()
	k.attempt = nil
	k.say(Event{Kind: Ended, Exit: &exit})
	k.askSpare()
}

// sample measures the tree and enforces the limit where the kernel does not:
// resident memory counts what processes share once for each, so that above the
// limit the proportional sets decide, which cost more to read. A
// kernel that killed one process of the tree leaves the others: they go too.
func (k *keeper) sample() {
	a := k.attempt
	if a.pid == 0 {
		return // nothing of it exists
	}
	pids := k.measured()
	sum := total(pids, resident)
	if a.enforce && sum > a.memory {
		if sum = total(pids, proportional); sum > a.memory {
			a.over = true
		}
	}
	a.peak = max(a.peak, sum)
	if a.over || (a.memory > 0 && k.group != nil && k.group.kills() > a.kills) {
		k.kill(k.tree())
	}
}
