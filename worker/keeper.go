package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sweepd/sweepd/worker/shim"
)

// keeper is the worker's end of a shim process. One attempt uses it at a time.
type keeper struct {
	cmd    *exec.Cmd
	socket *os.File
	events chan shim.Event // closed when the process is gone
	files  string          // folder of inventory files
	stock  inventory
	key    string // of its fork server, "" when it has none
	gone   sync.WaitGroup
}

// startKeeper starts the shim. owner is the worker's id.
func startKeeper(argv []string, files, owner string) (*keeper, error) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("connect a shim: %w", err)
	}
	if err := syscall.SetNonblock(pair[0], true); err != nil {
		return nil, fmt.Errorf("connect a shim: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "shim"), os.NewFile(uintptr(pair[1]), "worker")
	defer theirs.Close()
	// Room for all that can be said of one attempt: the reader never blocks.
	k := &keeper{socket: ours, events: make(chan shim.Event, 16), files: files}
	k.cmd = exec.Command(argv[0], argv[1:]...)
	k.cmd.Env = []string{"GOMAXPROCS=2"}
	k.cmd.Stderr = os.Stderr
	k.cmd.ExtraFiles = []*os.File{theirs}
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := k.cmd.Start(); err != nil {
		ours.Close()
		return nil, fmt.Errorf("start a shim: %w", err)
	}
	k.gone.Go(k.listen)
	hello, ok := <-k.events
	if !ok || hello.Kind != shim.Hello {
		k.close()
		return nil, fmt.Errorf("start a shim: %v ended without a word", argv)
	}
	k.stock = inventory{PID: hello.PID, Birth: hello.Birth, Cgroup: hello.Cgroup, Mark: fmt.Sprintf("SWEEPD_KEEPER=%s.%d", owner, hello.PID)}
	if err := k.stock.save(files); err != nil {
		k.close() // unlisted, it could outlive this worker
		return nil, fmt.Errorf("list a shim in the inventory: %w", err)
	}
	return k, nil
}

// listen passes on what the shim says until it is gone.
func (k *keeper) listen() {
	defer close(k.events)
	lines := json.NewDecoder(bufio.NewReader(k.socket))
	for {
		var e shim.Event
		if lines.Decode(&e) != nil {
			return
		}
		k.events <- e
	}
}

func (k *keeper) order(o shim.Order) {
	if o.Plan != nil {
		o.Plan.Env = append(o.Plan.Env, k.stock.Mark)
	}
	line, err := json.Marshal(o)
	if err != nil {
		panic(fmt.Sprintf("worker: marshal an order: %v", err))
	}
	k.socket.Write(append(line, '\n')) //nolint:errcheck // a shim that is gone closes events
}

// closeLimit is how long a shim may take to end what it started.
const closeLimit = 5 * time.Second

// close ends the shim with all it started and waits for that. One that does not
// do it, since it is stopped or hangs, is killed with all of it.
func (k *keeper) close() {
	k.socket.Close()
	force := time.AfterFunc(closeLimit, func() { k.stock.kill(k.files) }) //nolint:errcheck // as below
	defer force.Stop()
	for range k.events { // what it still says is of no use
		continue
	}
	k.gone.Wait()
	k.cmd.Wait()          //nolint:errcheck // how a shim ended does not matter once it is gone
	k.stock.kill(k.files) //nolint:errcheck // what does not die is tried again at the next start
}

// pool lends keepers: at most limit, those with the right fork server first.
type pool struct {
	argv  []string
	files string
	owner string
	limit int
	log   *slog.Logger

	mu    sync.Mutex
	idle  []*keeper // the longest idle first
	total int
}

func newPool(argv []string, files, owner string, limit int, log *slog.Logger) *pool {
	return &pool{argv: argv, files: files, owner: owner, limit: limit, log: log}
}

// prepare starts n keepers, so that no attempt waits for one.
func (p *pool) prepare(n int) error {
	var starting errgroup.Group
	for range n {
		starting.Go(func() error {
			k, err := startKeeper(p.argv, p.files, p.owner)
			if err != nil {
				return err
			}
			p.mu.Lock()
			p.idle, p.total = append(p.idle, k), p.total+1
			p.mu.Unlock()
			return nil
		})
	}
	return starting.Wait()
}

// acquire gives a keeper whose fork server is the key's, else one without, else
// a new one, else the one that has been idle longest, whose fork server is then
// replaced. key is "" for a plain process, which any keeper starts.
func (p *pool) acquire(ctx context.Context, key string) (*keeper, error) {
	p.mu.Lock()
	pick := slices.IndexFunc(p.idle, func(k *keeper) bool { return k.key == key })
	if pick < 0 {
		pick = slices.IndexFunc(p.idle, func(k *keeper) bool { return k.key == "" })
	}
	if pick < 0 && (p.total >= p.limit || key == "") && len(p.idle) > 0 {
		pick = 0
	}
	if pick >= 0 {
		k := p.idle[pick]
		p.idle = slices.Delete(p.idle, pick, pick+1)
		p.mu.Unlock()
		return k, nil
	}
	p.total++
	p.mu.Unlock()
	var k *keeper
	err := persist(ctx, func(int) (err error) { k, err = startKeeper(p.argv, p.files, p.owner); return err })
	if err != nil {
		p.drop()
	}
	return k, err
}

func (p *pool) drop() {
	p.mu.Lock()
	p.total--
	p.mu.Unlock()
}

// release takes a keeper back that has no attempt.
func (p *pool) release(k *keeper) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, k)
}

// discard ends a keeper that is dead or must not be used again.
func (p *pool) discard(k *keeper) {
	k.close()
	p.drop()
}

func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	var ending sync.WaitGroup
	for _, k := range idle {
		ending.Go(func() { k.close() })
	}
	ending.Wait()
}
