package spec

import (
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/ensemble"
	"github.com/sweepd/sweepd/internal/fault"
)

// forEach reads the loop that makes a stage's branches.
func (b *builder) forEach(o object, s *Stage, part *part) {
	n := o.n.get("for_each")
	if n == nil || n.kind == nullKind {
		return
	}
	if n.kind != mapKind {
		b.fail(n.at, "for example {family: [svm, mlp]}, or {family: \"top_values(stages.explore, 'family', 3)\"}", "for_each is a map of one name to its items, not %s", n.describe())
		return
	}
	if len(n.fields) > 1 && (n.fields[0].value.torn() || n.fields[1].bare) {
		b.fail(n.fields[0].value.at, "quote the expression: \"...\"", "the expression for %s was torn at a comma", n.fields[0].name)
		return
	}
	if len(n.fields) != 1 {
		b.fail(n.at, "one name with a list or an expression", "for_each has %d names", len(n.fields))
		return
	}
	f := n.fields[0]
	if !identifier.MatchString(f.name) {
		b.fail(f.at, "letters, digits and _", "%q cannot be the name of a loop", f.name)
	}
	s.ForEach = &ForEach{Name: f.name}
	if f.value.kind != listKind {
		if b.expression(f.value, "for_each."+f.name, part, stageScope()) {
			s.ForEach.Expr = strings.TrimSpace(f.value.text)
		}
		return
	}
	if len(f.value.items) == 0 {
		b.warn(f.value.at, "", "for_each has no items, so that stage %s is skipped", s.Name)
	}
	seen := map[string]any{} // by the name of the branch
	for _, item := range f.value.items {
		if item.kind == listKind || item.kind == mapKind {
			b.fail(item.at, "", "an item of for_each is text or a number, not %s", item.describe())
			continue
		}
		v := item.plainValue()
		if x, ok := v.(float64); ok && (math.IsNaN(x) || math.IsInf(x, 0)) {
			b.fail(item.at, "", "an item of for_each is a finite number, not %s", item.describe())
			continue
		}
		branch := BranchName(v)
		if first, twice := seen[branch]; twice {
			hint := ""
			if first != v {
				hint = "a branch is called by its item: " + branch + " as text and otherwise is one name"
			}
			b.fail(item.at, hint, "for_each has the item %s twice", item.describe())
			continue
		}
		seen[branch] = v
		s.ForEach.Items = append(s.ForEach.Items, v)
	}
	if n, items := len(s.Budget.Shares), len(s.ForEach.Items); n > 0 && items > 0 && n != items {
		b.fail(part.n.get("budget").placeOf("split"), "write one share for each, or split: equal", "budget.split has %d shares for %d items of for_each", n, items)
	}
}

// ensemble reads an ensemble stage.
func (b *builder) ensemble(o object, s *Stage, part *part) {
	for _, f := range part.own.fields {
		if slices.Contains([]string{"space", "sampler", "points", "for_each", "early_stop", "start", "command", "python"}, f.name) && b.root.has("stages") {
			b.fail(f.at, "take it out, or make it a stage of its own", "%s is for a stage that runs trials, and this one is an ensemble", f.name)
		}
	}
	s.Workdir.Path = b.o.Dir // the targets lie there
	n := part.n.get("ensemble")
	e := &Ensemble{Split: "val", Size: 25}
	s.Ensemble = e
	eo := b.object(n, "ensemble", ensembleKeys)
	eo.texts("from", &e.From)
	if from := n.get("from"); from != nil && from.kind != nullKind {
		for i, name := range e.From {
			at := from.at
			if from.kind == listKind && i < len(from.items) {
				at = from.items[i].at
			}
			part.refs = append(part.refs, ref{stage: name, at: at, waits: true, search: true, what: "ensemble.from"})
		}
	}
	eo.text("metric", &e.Metric)
	var words []string
	for _, l := range ensemble.Losses() {
		words = append(words, string(l))
	}
	if n.kind == mapKind && !eo.has("metric") {
		b.fail(n.at, "one of: "+strings.Join(words, ", "), "ensemble.metric is missing")
	} else if e.Metric != "" && !slices.Contains(words, e.Metric) {
		b.fail(n.get("metric").at, fault.DidYouMean(e.Metric, words), "ensemble.metric is a function of predictions, and %q is none", e.Metric)
	}
	eo.text("split", &e.Split)
	eo.text("score", &e.Score)
	eo.int("size", 1, &e.Size)
	eo.table("targets", &e.Targets)
	b.targets(n, e)
}

// targets checks that every split has its file of true values.
func (b *builder) targets(n *node, e *Ensemble) {
	if n.kind != mapKind || n.get("log_targets") != nil {
		return
	}
	at := n.placeOf("targets")
	for _, split := range []string{e.Split, e.Score} {
		if split != "" && e.Targets[split] == "" {
			b.fail(at, "targets: {"+split+": y_"+split+".npy}", "ensemble.targets has no file for the split %s", split)
		}
	}
	if b.o.Exists == nil {
		return
	}
	for _, split := range n.get("targets").names() {
		name := e.Targets[split]
		if name == "" {
			continue
		}
		if err := b.o.Exists(name); err != nil {
			b.fail(n.get("targets").get(split).at, "paths are relative to the sweep file", "targets: %s cannot be read: %s", name, cause(err))
		}
	}
}

// cause is the last of a chain of errors: "no such file or directory".
func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
