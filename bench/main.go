// Command bench measures sweepd and prints a table; each measurement names its
// floor. It drives the built binary as a user would, and writes what it found to
// bench/out as JSON.
//
//	go run ./bench                  all measurements
//	go run ./bench lifecycle idle   some of them
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

// figure is one measured number.
type figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Floor float64 `json:"floor,omitempty"` // 0: there is none
	Most  bool    `json:"most,omitempty"`  // the floor is a most, not a least
	Note  string  `json:"note,omitempty"`
}

// met tells whether the floor is met; a figure without one always is.
func (f figure) met() bool {
	switch {
	case f.Floor == 0:
		return true
	case f.Most:
		return f.Value <= f.Floor
	}
	return f.Value >= f.Floor
}

// measurement is one thing that bench can measure.
type measurement struct {
	name string
	run  func(context.Context, *lab) ([]figure, error)
}

var measurements = []measurement{
	{"idle", idle},
	{"ask", ask},
	{"lifecycle", lifecycle},
	{"ingest", ingest},
	{"fanout", fanout},
	{"latency", latency},
	{"overhead", overhead},
	{"page", page},
}

func main() {
	binary := flag.String("binary", "bin/sweepd", "the sweepd to measure")
	python := flag.String("python", ".venv/bin/python", "Python with scikit-learn, for overhead")
	out := flag.String("out", "bench/out", "where the figures go")
	db := flag.String("db", "", "postgres://... to measure on PostgreSQL")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	l, err := newLab(*binary, *python, *db)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if !measure(ctx, l, *out, flag.Args()) {
		os.Exit(1)
	}
}

// measure runs the measurements named, all when none is, prints the table and
// tells whether all of them could be taken.
func measure(ctx context.Context, l *lab, out string, names []string) bool {
	all, ok := []figure{}, true
	for _, m := range measurements {
		if len(names) > 0 && !contains(names, m.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s ...\n", m.name)
		start := time.Now()
		fs, err := m.run(ctx, l)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", m.name, err)
			ok = false
			continue
		}
		fmt.Fprintf(os.Stderr, "%s took %.1f s\n", m.name, time.Since(start).Seconds())
		all = append(all, fs...)
		if err := save(out, m.name, fs); err != nil {
			fmt.Fprintln(os.Stderr, err)
			ok = false
		}
	}
	show(all)
	return ok
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

func save(dir, name string, fs []figure) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	b, err := json.MarshalIndent(map[string]any{"at": time.Now().UTC(), "figures": fs}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".json"), append(b, '\n'), 0o644)
}

func show(fs []figure) {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "measure\tvalue\tfloor\t\tnote")
	for _, f := range fs {
		floor, verdict := "", ""
		if f.Floor != 0 {
			sign := ">="
			if f.Most {
				sign = "<="
			}
			floor, verdict = fmt.Sprintf("%s %.4g %s", sign, f.Floor, f.Unit), "met"
			if !f.met() {
				verdict = "MISSED"
			}
		}
		fmt.Fprintf(t, "%s\t%.4g %s\t%s\t%s\t%s\n", f.Name, f.Value, f.Unit, floor, verdict, strings.TrimSpace(f.Note))
	}
	t.Flush()
}
