package spec

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// Options say how a file is read. The zero value reads a file that stands for
// itself.
type Options struct {
	File  string   // its name, for the places of errors; "" is sweep.yaml
	Set   []string // changes, in order: "budget.trials=5", "early_stop=none", "stages.refine.budget.trials=9"
	Smoke bool     // a try: one short trial per search stage
	Dir   string   // absolute directory of the file at submission; "" when it is not known
	// ReadFile reads a file of points, relative to Dir. Nil: files cannot be read
	// here, and a file of points is an error.
	ReadFile func(name string) ([]byte, error)
	// Exists gives an error when a file of targets is not there, relative to
	// Dir. Nil: nobody looks.
	Exists func(name string) error
	// Seed draws a seed for a sweep that has none; it is recorded. Nil draws 0.
	Seed func() uint64
}

// Parse reads a sweep file, YAML or JSON, and fills in every default. What is
// wrong comes all at once as fault.Invalid with one Problem per fault, each with
// its line and column. A file of 10,000 points takes well under a second.
func Parse(source []byte, o Options) (*Spec, []Warning, error) {
	if o.File == "" {
		o.File = "sweep.yaml"
	}
	root, problems := readTree(source, o.File)
	p := &parser{o: o, problems: problems, meant: map[string]bool{}}
	if root == nil {
		return nil, nil, p.err()
	}
	for _, s := range o.Set {
		root = p.set(root, s)
	}
	if root.kind == nullKind {
		p.fail(root.at, "start with command:, objective:, space: and budget:", "the file is empty")
		return nil, nil, p.err()
	}
	if isWandb(root) {
		p.wandb(root)
		return nil, nil, p.err()
	}
	s := p.sweep(root)
	if err := p.err(); err != nil {
		return nil, p.warnings, err
	}
	return s, p.warnings, nil
}

// err is everything that is wrong, in the order of the file; nil when nothing is.
func (p *parser) err() error {
	slices.SortStableFunc(p.problems, func(a, b fault.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	what := "one problem"
	switch n := len(p.problems); {
	case n > maxProblems:
		what = fmt.Sprintf("many problems, here are the first %d", maxProblems)
		p.problems = p.problems[:maxProblems]
	case n != 1:
		what = fmt.Sprintf("%d problems", n)
	}
	return fault.Many(fmt.Sprintf("%s has %s", p.o.File, what), p.problems)
}

// maxName bounds the name of a sweep, which is an experiment's too.
const maxName = 200

var sweepName = regexp.MustCompile(`[^A-Za-z0-9_. -]+`)

// sweep reads the whole file.
func (p *parser) sweep(root *node) *Spec {
	file := p.object(root, theFile, fileKeys)
	if root.kind != mapKind {
		return nil
	}
	s := &Spec{Version: 1, Name: p.defaultName(), Weight: 1, Failures: Failures{PauseAfterFirst: 3}}
	file.int("version", 1, &s.Version)
	if s.Version != 1 {
		p.fail(root.get("version").at, "write version: 1, or leave it out", "version %d of the sweep file is not known", s.Version)
	}
	file.text("name", &s.Name)
	if len(s.Name) > maxName {
		p.fail(root.get("name").at, "say more in description", "name has %d characters, more than %d", len(s.Name), maxName)
	}
	file.text("description", &s.Description)
	file.table("tags", &s.Tags)
	file.int("priority", -1000, &s.Priority)
	if file.float("weight", &s.Weight) && s.Weight <= 0 {
		p.fail(root.get("weight").at, "", "weight is above 0, not %g", s.Weight)
	}
	p.object(root.get("failures"), "failures", failureKeys).int("pause_after_first", 0, &s.Failures.PauseAfterFirst)

	b := p.newBuilder(root, s)
	b.stages()
	s.Objective = b.objective()
	s.Budget = b.budget()
	b.references()
	b.spaces()
	b.totals()
	if p.o.Smoke {
		s.smoke()
	}
	return s
}

// defaultName is the name of a sweep without one: its directory's, when the
// file is called sweep, else the file's.
func (p *parser) defaultName() string {
	stem := strings.TrimSuffix(filepath.Base(p.o.File), filepath.Ext(p.o.File))
	if stem == "sweep" && p.o.Dir != "" {
		stem = filepath.Base(p.o.Dir)
	}
	if stem = strings.Trim(sweepName.ReplaceAllString(stem, "-"), "-. "); stem == "" {
		return "sweep"
	}
	return stem
}
