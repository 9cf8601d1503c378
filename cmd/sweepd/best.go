package main

import (
	"fmt"
	"io"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
)

// bestCmd is the verb best.
type bestCmd struct {
	Sweep string `arg:"" optional:"" default:"@last" help:"Id, a unique prefix of it, or @last."`
	N     int    `help:"How many." short:"n" default:"1"`
	YAML  bool   `help:"Parameters as YAML, as start: and points: take them." name:"yaml"`
}

// Run prints the best completed trials. Exit code 6 says that there is none.
func (c *bestCmd) Run(e *env) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	page, err := cl.Trials(e.ctx, c.Sweep, wire.ListTrialsParams{Columns: "number,value", Filter: "state=completed", Sort: "rank", Limit: int64(max(c.N, 1))})
	if err != nil {
		return err
	}
	if page.Rows == 0 {
		return fault.NotFoundf("no trial of %s has completed", c.Sweep)
	}
	var best []wire.Trial
	for i := range int(page.Rows) {
		number, err := strconv.Atoi(cellText(page, "number", i))
		if err != nil {
			return fmt.Errorf("read the leaderboard: %w", err)
		}
		t, err := cl.Trial(e.ctx, c.Sweep, number)
		if err != nil {
			return err
		}
		best = append(best, t)
	}
	if c.YAML {
		return writeYAML(e.out, best)
	}
	return e.print(best, func(w io.Writer) {
		rows := [][]string{{"TRIAL", "VALUE", "PARAMETERS"}}
		for _, t := range best {
			rows = append(rows, []string{fmt.Sprint(t.Number), number(t.Value), params(t.Params)})
		}
		table(w, rows...)
	})
}

// writeYAML writes the parameters as a list of points.
func writeYAML(w io.Writer, best []wire.Trial) error {
	var points []map[string]any
	for _, t := range best {
		p := map[string]any{}
		for name, v := range t.Params {
			if f, ok := v.(float64); ok && f == float64(int64(f)) {
				v = int64(f)
			}
			p[name] = v
		}
		points = append(points, p)
	}
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(points); err != nil {
		return err
	}
	return enc.Close()
}
