package store

import (
	"context"
	"slices"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

type workerRow struct {
	ID        string `gorm:"primaryKey"`
	Host      string
	PID       int `gorm:"column:pid"`
	Version   string
	Slots     int
	CPU       float64 `gorm:"column:cpu"`
	Memory    int64
	Devices   string
	Labels    string
	Warm      bool
	Drain     bool
	SeenAt    int64
	StartedAt int64
}

func (workerRow) TableName() string { return "workers" }

// Hello registers a worker and takes back what it held before, unless it is in
// w.Held: the processes are gone, so there is nothing to wait for. Whether it
// drains is kept.
func (s *DB) Hello(ctx context.Context, w trials.Worker, _ time.Duration) error {
	err := s.write(ctx, 0, true, func(t *tx) error {
		started := w.Started
		if started.IsZero() {
			started = t.now
		}
		_, err := t.exec(`INSERT INTO workers (id, host, pid, version, slots, cpu, memory, devices, labels, warm, drain, seen_at, started_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET host = excluded.host, pid = excluded.pid, version = excluded.version, slots = excluded.slots,
			cpu = excluded.cpu, memory = excluded.memory, devices = excluded.devices, labels = excluded.labels, warm = excluded.warm,
			seen_at = excluded.seen_at, started_at = excluded.started_at`,
			w.ID, w.Host, w.PID, w.Version, w.Slots, w.CPU, w.Memory, encode(w.Devices), encode(w.Labels), w.Warm, w.Drain, micros(t.now), micros(started))
		return err
	})
	if err != nil {
		return err
	}
	var held []attemptRow
	if err := s.reader(ctx).Raw("SELECT no, trial, number, sweep FROM attempts WHERE worker = ? AND state = 'live'", w.ID).Scan(&held).Error; err != nil {
		return err
	}
	held = slices.DeleteFunc(held, func(a attemptRow) bool {
		return slices.Contains(w.Held, trials.Ref{Trial: a.Trial, Attempt: a.Number})
	})
	_, err = s.takeBack(ctx, held, func(_ *tx, a *attemptRow) (bool, error) { return a.Worker == w.ID, nil })
	return err
}

// Drain tells a worker to claim no more, or to claim again.
func (s *DB) Drain(ctx context.Context, worker string, on bool) error {
	return s.write(ctx, 0, true, func(t *tx) error {
		n, err := t.exec("UPDATE workers SET drain = ? WHERE id = ?", on, worker)
		if err == nil && n == 0 {
			var ids []string
			if _, err := t.scan(&ids, "SELECT id FROM workers ORDER BY seen_at DESC LIMIT 100"); err != nil {
				return err
			}
			return fault.NotFoundf("there is no worker %s", worker).Fix("%s", fault.DidYouMean(worker, ids))
		}
		return err
	})
}

// Workers gives all workers ever seen with what they hold, the last seen first.
func (s *DB) Workers(ctx context.Context) ([]trials.Worker, error) {
	var rows []workerRow
	db := s.reader(ctx)
	if err := db.Raw("SELECT * FROM workers ORDER BY seen_at DESC, id LIMIT 10000").Scan(&rows).Error; err != nil {
		return nil, err
	}
	var held []attemptRow
	if err := db.Raw("SELECT worker, trial, number FROM attempts WHERE state = 'live' ORDER BY no").Scan(&held).Error; err != nil {
		return nil, err
	}
	of := map[string][]trials.Ref{}
	for _, a := range held {
		of[a.Worker] = append(of[a.Worker], trials.Ref{Trial: a.Trial, Attempt: a.Number})
	}
	return nouns(rows, func(r *workerRow) (trials.Worker, error) {
		w := trials.Worker{
			ID: r.ID, Host: r.Host, PID: r.PID, Version: r.Version, Slots: r.Slots, CPU: r.CPU, Memory: r.Memory,
			Warm: r.Warm, Drain: r.Drain, Held: of[r.ID], Seen: instant(r.SeenAt), Started: instant(r.StartedAt),
		}
		if err := decode(r.Devices, &w.Devices); err != nil {
			return w, err
		}
		return w, decode(r.Labels, &w.Labels)
	})
}
