package store

import (
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// needs is what an attempt asks of a worker.
type needs struct {
	CPU    float64           `json:"cpu"`
	Memory int64             `json:"memory"`
	GPU    int               `json:"gpu"`
	Labels map[string]string `json:"labels,omitempty"`
}

func needsOf(r spec.Resources) needs {
	return needs{CPU: r.CPU, Memory: r.Memory, GPU: r.GPU, Labels: r.Labels}
}

// fits tells whether a worker that is free as c says can run it.
func (n needs) fits(c trials.Claim) bool {
	if n.CPU > c.CPU || n.GPU > len(c.Devices) || (c.Memory > 0 && n.Memory > c.Memory) {
		return false
	}
	for k, v := range n.Labels {
		if c.Labels[k] != v {
			return false
		}
	}
	return true
}

// take gives what is left of c once it runs, and the devices it runs on.
func (n needs) take(c *trials.Claim) (devices []string) {
	c.CPU -= n.CPU
	if c.Memory > 0 {
		c.Memory = max(c.Memory-n.Memory, 1) // 0 would mean "not counted"
	}
	devices, c.Devices = c.Devices[:n.GPU], c.Devices[n.GPU:]
	return devices
}

// shapes are the needs that have been interned, by number.
type shapes struct{ cache[int64, needs] }

// intern gives the number of needs, as a row of shapes.
func (t *tx) intern(n needs) (int64, error) {
	text := encode(n)
	var no int64
	if k, err := t.scan(&no, "SELECT no FROM shapes WHERE needs = ?", text); err != nil || k > 0 {
		return no, err
	}
	_, err := t.change(&no, "INSERT INTO shapes (needs) VALUES (?) ON CONFLICT (needs) DO UPDATE SET needs = excluded.needs RETURNING no", text)
	return no, err
}

// needsOf gives what a shape needs.
func (t *tx) needsOf(shape int64) (needs, error) {
	if n, ok := t.s.needs.get(shape); ok {
		return n, nil
	}
	var text string
	if _, err := t.scan(&text, "SELECT needs FROM shapes WHERE no = ?", shape); err != nil {
		return needs{}, err
	}
	var n needs
	err := decode(text, &n)
	return n, err
}
