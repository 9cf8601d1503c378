// Package worker runs trials on one machine: it claims attempts, starts their
// processes, renews their leases, and settles them. It knows nothing of stages,
// samplers or rows; what to run is all in the lease.
//
// The parts: package shim keeps each slot's processes together so that nothing
// outlives a worker that is killed; package door stands for the server towards
// trials; package warm has the fork server that starts Python in milliseconds.
package worker

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker/door"
	"github.com/sweepd/sweepd/worker/shim"
	"github.com/sweepd/sweepd/worker/warm"
)

// Dispatcher is the server as a worker sees it. All calls may be repeated.
type Dispatcher interface {
	Hello(ctx context.Context, w trials.Worker) (trials.Terms, error)
	Claim(ctx context.Context, c trials.Claim) (trials.Claimed, error)
	Beat(ctx context.Context, b trials.Beat) (trials.Beaten, error)
	Settle(ctx context.Context, worker string, ss []trials.Settlement) ([]trials.Settled, error)
}

// Files moves bytes between a worker and the server. token is the attempt's.
type Files interface {
	// Code opens a frozen directory, a gzipped tar.
	Code(ctx context.Context, digest string) (io.ReadCloser, error)
	// PutLog appends output; the same chunk again is free.
	PutLog(ctx context.Context, token string, ref trials.Ref, chunk int, offset int64, last bool, b []byte) error
	// PutPrediction stores a prediction file; fault.Invalid when it is refused.
	PutPrediction(ctx context.Context, token string, ref trials.Ref, name string, r io.Reader, size int64) (trials.Prediction, error)
}

// Config is what a worker needs. Dispatcher, Files, Upstream, Dir and Shim are
// required.
type Config struct {
	Dispatcher Dispatcher
	Files      Files
	Upstream   *url.URL          // base address of the server, for what trials say
	Transport  http.RoundTripper // towards Upstream; nil: one of its own
	Dir        string            // of this worker alone: identity, code, trial directories
	Slots      int               // attempts at once; 0: one per core
	CPU        float64           // cores to promise; 0: all
	Memory     int64             // bytes to promise; 0: not counted
	GPUs       string            // "" or "auto": all; "none"; a number; or indices and uuids, separated by commas
	Labels     map[string]string
	Keep       int      // directories of ended trials that stay, at most 10 GiB of them, the newest; 0: a thousand
	MaxTrials  int      // end after so many; 0: no limit
	UntilIdle  bool     // end when there is nothing to claim and nothing runs
	Shim       []string // argv that runs ShimMain in a process of its own
	Environ    []string // what trials inherit; nil: the worker's own environment
	Version    string
	Log        *slog.Logger     // nil: silent
	Now        func() time.Time // nil: time.Now
}

// Worker runs attempts. Run it once.
type Worker struct {
	cfg      Config
	identity *identity
	started  time.Time
	devices  []trials.Device
	door     *door.Door
	keepers  *pool
	code     *codeCache
	attic    *attic
	runner   string       // path of the fork server's file
	ttl      atomic.Int64 // time.Duration, as the server said last

	ctx       context.Context // ends when everything must stop, after Stop
	cancel    context.CancelFunc
	shop      context.Context // ends when no more is claimed
	closeShop context.CancelFunc
	kick      chan struct{} // a slot or a settlement is free
	held      chan struct{} // the set of attempts has grown

	mu       sync.Mutex
	free     room                    // not claimed for and not used
	ripe     []*attempt              // ended, to be settled
	live     map[trials.Ref]*attempt // from the claim until settled
	cold     map[string]string       // runner keys that cannot be forked, and why
	inflight int                     // claims under way
	claimed  int                     // attempts ever claimed
	offered  int                     // slots of claims under way
	illness  time.Duration           // the last pause after an attempt that could not be started; 0: the last one could
	drained  bool                    // claim no more
	ended    bool                    // Run is over
	stopped  chan struct{}           // closed at the end of Run
}

// room is what attempts share.
type room struct {
	slots   int
	cpu     float64
	memory  int64
	devices []string
}

// ShimMain is the hidden verb that keeps a slot; it gives the exit code. args are
// what follows the verb: see shim.Main.
func ShimMain(args []string) int { return shim.Main(args) }

// New locks the directory, kills what an earlier worker of it left, and opens
// the door. A directory in use is a fault.Conflict that names the process.
func New(cfg Config) (*Worker, error) {
	if err := complete(&cfg); err != nil {
		return nil, err
	}
	id, err := takeIdentity(cfg.Dir)
	if err != nil {
		return nil, err
	}
	w := &Worker{
		cfg: cfg, identity: id, started: cfg.Now(),
		kick: make(chan struct{}, 1), held: make(chan struct{}, 1), stopped: make(chan struct{}),
		live: map[trials.Ref]*attempt{}, cold: map[string]string{},
	}
	if err := w.open(); err != nil {
		id.release()
		return nil, err
	}
	return w, nil
}

func complete(cfg *Config) error {
	switch {
	case cfg.Dispatcher == nil || cfg.Files == nil || cfg.Upstream == nil:
		return fault.Invalidf("a worker needs a dispatcher, files and the address of a server")
	case cfg.Dir == "" || len(cfg.Shim) == 0:
		return fault.Invalidf("a worker needs a directory and the command of its shim")
	case cfg.Slots < 0 || cfg.CPU < 0 || cfg.Memory < 0 || cfg.Keep < 0:
		return fault.Invalidf("slots, cpu, memory and directories kept of a worker are not negative")
	}
	if cfg.Slots == 0 {
		cfg.Slots = runtime.NumCPU()
	}
	if cfg.Keep == 0 {
		cfg.Keep = 1000
	}
	if cfg.CPU == 0 {
		cfg.CPU = float64(max(runtime.NumCPU(), cfg.Slots))
	}
	if cfg.Environ == nil {
		cfg.Environ = os.Environ()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return fmt.Errorf("find the directory of the worker: %w", err)
	}
	cfg.Dir = dir
	return nil
}

func (w *Worker) open() (err error) {
	empty(filepath.Join(w.cfg.Dir, runnersLog), maxRunners)
	for _, sub := range []string{"work", "code", "tmp", "keepers"} {
		if err := os.MkdirAll(filepath.Join(w.cfg.Dir, sub), 0o755); err != nil {
			return fmt.Errorf("prepare the directory of the worker: %w", err)
		}
	}
	if err := killLeftovers(filepath.Join(w.cfg.Dir, "keepers"), w.cfg.Log); err != nil {
		return err
	}
	sweepOut(w.cfg.Dir, w.cfg.Now())
	w.attic = newAttic(filepath.Join(w.cfg.Dir, "work"), filepath.Join(w.cfg.Dir, "tmp"), w.cfg.Keep, w.cfg.Log)
	if w.devices, err = findDevices(w.cfg.GPUs, visibleDevices(w.cfg.Environ)); err != nil {
		return err
	}
	if w.runner, err = warm.Install(w.cfg.Dir); err != nil {
		return err
	}
	w.door, err = door.New(door.Config{Upstream: w.cfg.Upstream, Transport: w.cfg.Transport, Spool: filepath.Join(w.cfg.Dir, "tmp"), Log: w.cfg.Log, Now: w.cfg.Now})
	if err != nil {
		return err
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.shop, w.closeShop = context.WithCancel(w.ctx)
	w.code = newCodeCache(w.ctx, filepath.Join(w.cfg.Dir, "code"), w.cfg.Files, w.cfg.Log)
	w.keepers = newPool(w.cfg.Shim, filepath.Join(w.cfg.Dir, "keepers"), w.identity.id, 2*w.cfg.Slots, w.cfg.Log)
	w.free = room{slots: w.cfg.Slots, cpu: w.cfg.CPU, memory: w.cfg.Memory}
	for _, d := range w.devices {
		w.free.devices = append(w.free.devices, d.UUID)
	}
	return nil
}

// ID is the worker's identity: the same for the same directory.
func (w *Worker) ID() string { return w.identity.id }

// DoorURL is where the trials of this worker find their server.
func (w *Worker) DoorURL() string { return w.door.URL() }

// Run registers and works until ctx ends, MaxTrials or UntilIdle is reached, or
// the server drains it; then it claims no more, lets what runs end, settles and
// returns. Stop ends what runs.
func (w *Worker) Run(ctx context.Context) error {
	defer w.close()
	if err := w.keepers.prepare(w.cfg.Slots); err != nil {
		return err
	}
	if err := w.hello(ctx); err != nil {
		return err
	}
	var beating sync.WaitGroup
	beatCtx, stopBeating := context.WithCancel(context.Background())
	beating.Go(func() { w.beatLoop(beatCtx) })
	beating.Go(func() { w.attic.keep(beatCtx) })
	defer beating.Wait()
	defer stopBeating()
	w.claimLoop(ctx)
	return nil
}

func (w *Worker) close() {
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	w.cancel()
	w.keepers.close()
	w.door.Close()
	w.identity.release()
	close(w.stopped)
}

// hello registers, and goes on trying while the server is away.
func (w *Worker) hello(ctx context.Context) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	me := trials.Worker{
		ID: w.identity.id, Host: host, PID: os.Getpid(), Version: w.cfg.Version, Slots: w.cfg.Slots, CPU: w.cfg.CPU, Memory: w.cfg.Memory,
		Devices: w.devices, Labels: w.cfg.Labels, Warm: true, Seen: w.cfg.Now(), Started: w.started,
	}
	return persist(ctx, func(try int) error {
		terms, err := w.cfg.Dispatcher.Hello(ctx, me)
		if err != nil {
			if try == 0 && passing(err) && ctx.Err() == nil {
				w.cfg.Log.Warn("the server does not answer yet; trying on", "err", err)
			}
			return err
		}
		if terms.TTL <= 0 {
			return fault.Invalidf("the server gives leases of no length")
		}
		w.ttl.Store(int64(terms.TTL))
		return nil
	})
}

// Stop ends what runs: it claims no more, sends every attempt down the ladder
// with grace between the first signal and SIGKILL, settles them as preempted
// and waits for Run to return. Settlements that no server takes within ten
// seconds more are given up: the leases run out by themselves.
func (w *Worker) Stop(grace time.Duration) {
	w.drain()
	w.mu.Lock()
	for _, a := range w.live {
		a.preempt(grace)
	}
	w.mu.Unlock()
	giveUp := time.AfterFunc(grace+10*time.Second, w.cancel)
	defer giveUp.Stop()
	<-w.stopped
}

// leaseTTL is how long a lease lives without a heartbeat.
func (w *Worker) leaseTTL() time.Duration { return time.Duration(w.ttl.Load()) }

func (w *Worker) poke() { nudge(w.kick) }

// nudge fills a channel of capacity one.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
